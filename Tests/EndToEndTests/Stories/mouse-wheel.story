# The wheel moves the selection, and scrolls what is open.
size 120 40
see PAUSE
mouse wheel-down 10 5
press y
see copied: worker-2
press enter
see powered on
mouse wheel-down 60 20
mouse wheel-down 60 20
mouse wheel-down 60 20
gone powered on
