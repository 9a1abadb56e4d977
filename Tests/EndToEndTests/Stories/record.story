# What is done is written into a scenario as it is done.
see PAUSE
press :
type record $DIR/mine.yaml
press enter
see recording to
press j f
see 1 fault
holds mine.yaml fault: "node/worker-2 power"
press :
type record off
press enter
see the recording is in
holds mine.yaml digest:
