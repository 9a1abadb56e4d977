# A click selects, a second one opens.
size 120 40
see PAUSE
click ● worker-2
press y
see copied: worker-2
click ● worker-2
see powered on
press esc
gone powered on
