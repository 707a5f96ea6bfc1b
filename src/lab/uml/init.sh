#!/bin/bash
# The first process of a UML guest: carries out what the machine puts into the exchange directory.
# Kernel command line, after "--": the exchange directory. No busybox before /proc is mounted: it would
# start /proc/self/exe, and that is the machine's.
exchange=$1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/run HOME=/run

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t configfs configfs /sys/kernel/config
mount -t debugfs debugfs /sys/kernel/debug
mount -t hostfs -o "$exchange" exchange "$exchange"
ln -s /proc/self/fd /dev/fd
ulimit -c 0

stty -F /dev/tty1 raw -echo
exec 3<>/dev/tty1
echo ready >&3
# One line a command, "NUMBER": NUMBER.sh is run with NUMBER.in; the answer is "NUMBER EXIT-CODE".
while read -r number <&3 && [ "$number" != off ]; do
  (
    cd /run && bash "$exchange/$number.sh" <"$exchange/$number.in" \
      >"$exchange/$number.out" 2>"$exchange/$number.err" 3>&-
    echo "$number $?" >&3
  ) &
done
sync
busybox poweroff -f
