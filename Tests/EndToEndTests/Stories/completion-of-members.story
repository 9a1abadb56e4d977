# Of etcd's members Tab completes the IDs, which nobody types by hand.
see PAUSE
press :
type etcdctl mem
press tab
type re
press tab
see :etcdctl member remove
type 8
press tab
see :etcdctl member remove 8b0ef8b1e2914415
press esc
see Try:
