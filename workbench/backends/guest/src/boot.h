/* What pid 1 of a virtual machine does before and after the run. */
#pragma once

/* Mount, load modules, open the console and the results port; returns the port. */
int boot_machine(void);
_Noreturn void power_off(void);
