# Cordon from the menu, uncordon from the menu.
see PAUSE
press j F C
see node/worker-2 cordoned
press esc F C
see node/worker-2 uncordoned
