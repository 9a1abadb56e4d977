# Ctrl-C is a key: it quits from anywhere, well.
see PAUSE
press F
see What happens to
press ctrl-c
ends 0
