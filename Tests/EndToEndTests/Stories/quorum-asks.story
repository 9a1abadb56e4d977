# The second of three members is not stopped without a yes.
run --paused --masters 3 --workers 1
see PAUSE
press 5 f j f
see Quorum will be lost
press esc
gone Quorum will be lost
see 1 fault
press f y
see NO ETCD QUORUM
press H space
gone NO ETCD QUORUM
