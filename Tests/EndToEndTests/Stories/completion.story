# Tab completes verbs, kinds and names.
see PAUSE
press :
type desc
press tab
see :describe
type nod
press tab
see :describe node
type worker-2
press enter
see kubectl describe node worker-2
see Name:
