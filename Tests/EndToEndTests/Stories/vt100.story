# An old terminal: ASCII, no colours, everything legible.
set TERM=vt100
set COLORTERM=
see PAUSE
press j f
see X worker-2 | OFF
