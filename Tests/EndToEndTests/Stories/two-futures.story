# What is done in the past begins another future; the old one is kept, named and returned to.
size 120 40
see PAUSE
press j f N
see NotReady
press < < < < < <
see PAST
press j f
see branch 1
press B
see Futures
see main | worker-2 loses power
press down up enter
see main
