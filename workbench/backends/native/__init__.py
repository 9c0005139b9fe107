"""The native backend: the guest's runner on the cores of this machine.

`backend` starts it and makes the dataset; `load` says what other processes took.
"""
