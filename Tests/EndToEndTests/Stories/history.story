# The line before comes back with the up key, in the next session too.
see PAUSE
press :
type speed 10
press enter
see 10x
press : up
see :speed 10
press esc
press q
ends 0
holds state/orrery/history speed 10
