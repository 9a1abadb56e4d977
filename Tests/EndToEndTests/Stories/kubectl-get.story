# kubectl answers while time stands still.
size 120 40
see PAUSE
press :
type get nodes -o wide
press enter
see NAME | STATUS | ROLES
see worker-1 | Ready
press esc
