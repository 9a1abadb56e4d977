# w on a node that is gone: the chain, its steps, and the world without the cause.
size 120 40
see PAUSE
press j f N
see worker-2 | NotReady
press w
see Why? worker-2
see loses power
press enter
see A step
press esc G
see Would it be so without that?
