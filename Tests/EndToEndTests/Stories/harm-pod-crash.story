# A container crashes; its kubelet starts it again.
size 120 40
see 8 of 8 ready
press 4 F
see Container
see Crash | exit code 1
press c
see crashes with exit code 1
press N
see Error
