"""The qemu backend: the guest's runner as `init` of a virtual machine.

`kernel` finds or fetches a stock Debian kernel, `initramfs` packs the guest for it,
`machine` is the command line with cores and NUMA nodes, `accelerator` finds out
by a boot whether KVM works, `guest` watches one run to its end, and `backend` puts
these together.
"""
