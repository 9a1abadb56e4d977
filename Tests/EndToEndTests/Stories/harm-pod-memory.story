# A container runs out of memory and is said to be OOMKilled.
size 120 40
see PAUSE | no faults
press 4 F o
see runs out of memory
press N
see OOMKilled
