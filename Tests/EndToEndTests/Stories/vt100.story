# An old terminal: ASCII, no colours, everything legible.
set TERM=vt100
set COLORTERM=
see PAUSE
press j f
see X worker-2 | OFF
see Help
# There is no other screen to go back to: the prompt gets a clean line.
press q
ends 0
gone Help
