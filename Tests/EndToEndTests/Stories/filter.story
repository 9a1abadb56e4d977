# The list of pods is narrowed while one types.
size 120 40
see PAUSE | no faults
press 4 /
type cache
see cache-
gone web-
press enter
gone web-
press / esc
see web-
