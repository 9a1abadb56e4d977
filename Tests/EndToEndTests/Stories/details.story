# Enter opens a node: its processes, its conditions, its YAML.
size 120 40
see PAUSE
press enter
see powered on
see kubelet | running
press G
see nodeInfo:
press esc
gone nodeInfo:
