# A machine is cut off from the network by a letter of the menu.
see PAUSE
press j F c
see worker-2 is cut off from the network
see 1 fault
press H
see 1 fault healed
