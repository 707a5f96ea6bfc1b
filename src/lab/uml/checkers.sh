#!/bin/sh
# Run in a kernel's source tree: lets the checkers work on user-mode Linux, and that on this machine's processor.
set -eu

# An architecture that is never preempted cannot choose DEBUG_ATOMIC_SLEEP; nothing is preempted either way.
sed -i '/ARCH_NO_PREEMPT/d' arch/um/Kconfig

# Lockdep wants the walk over a new process's mappings to be an RCU reader: the loop is one line and its body.
sed -i '/^void force_flush_all/,/^}/ { /^\tfor_each_vma(/{i\
\trcu_read_lock();
n
a\
\trcu_read_unlock();
} }' arch/um/kernel/tlb.c
[ "$(grep -c 'rcu_read_' arch/um/kernel/tlb.c)" -eq 2 ]

# A processor with AMX has 11 KiB of floating-point state; ptrace writes it back only whole, so all of it is kept.
sed -i 's/DEFINE_LONGS(HOST_FP_SIZE, 2696);/DEFINE_LONGS(HOST_FP_SIZE, 12288);/' arch/x86/um/user-offsets.c
grep -q 'HOST_FP_SIZE, 12288' arch/x86/um/user-offsets.c
