# y copies the name of what is selected, and keeps it in a file.
see PAUSE
press j y
see copied: worker-2
holds state/orrery/clip worker-2
