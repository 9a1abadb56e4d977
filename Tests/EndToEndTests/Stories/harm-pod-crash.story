# A container crashes; its kubelet starts it again.
size 120 40
see PAUSE | no faults
press 4 F
see Container
see Crash | exit code 1
press c
see crashes with exit code 1
press N
see Error
