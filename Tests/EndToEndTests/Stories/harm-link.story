# A link between two machines is made slow, then healed in the list of what is broken.
see PAUSE
press j F l
see The link from worker-2 to
type master
see > master
press enter
see the link worker-2 - master-1
press d
see link master-1 - worker-2: 200ms more each way
press A
see What is broken
see 200ms more each way
press down enter
see no faults
