# SIGHUP: it ends, and the terminal is as it was.
see PAUSE
press j f
see 1 fault
signal HUP
