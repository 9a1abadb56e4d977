# q ends it.
see PAUSE
press q
ends 0
