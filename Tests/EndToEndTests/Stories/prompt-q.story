# :q ends it too.
see PAUSE
press :
type q
press enter
ends 0
