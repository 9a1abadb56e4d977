# A backup is taken, two of three members lose their disks, it is restored, and all are back.
run --masters 3 --workers 1 --paused
see PAUSE
press 5 space :
type etcdctl snapshot save $DIR/b.db
press enter
see Snapshot saved at
press esc j F
see e Lost | etcd keeps 2 of 3
press e
see master-2 | ✖
see 3 members, 2 healthy | can lose 0 more
press j F
see e Lost | no etcd quorum
press e
see Quorum will be lost
press y
see QUORUM LOST
press :
type etcdutl snapshot restore $DIR/b.db --bump-revision 1000000000 --mark-compacted
press enter
see since the snapshot is
press y
see restored snapshot
press esc
see 3 members, 3 healthy | can lose 1 more
see revision 1000000 | compacted up to 1000000
gone NO ETCD QUORUM
