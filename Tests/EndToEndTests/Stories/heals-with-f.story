# What was broken is healed with the same key.
see PAUSE
press j f
see worker-2 | OFF
press f
see no faults
gone OFF
