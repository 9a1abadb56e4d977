# A node is drained as kubectl would: cordoned, its pods evicted.
size 120 40
see PAUSE | no faults
press 3 j F D
see node/worker-2 cordoned
see evicting pod default/
see node/worker-2 drained
press esc
see worker-2 | Ready,
