# The cluster boots and stands still, with something to try.
see PAUSE | no faults
see 3 of 3 Ready
see Try:
