# Every view is one key away.
size 120 40
see PAUSE
press 2
see Topology
press 3
see Nodes
press 4
see Pods
press 5
see etcd
press 6
see Control
press 1
see Controller actions
