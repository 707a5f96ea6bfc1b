#!/usr/bin/busybox sh
# Stops the guest as a host is shut down: programs first, then what lies on the disks, then the power.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

kill_all() {
  for directory in /proc/[0-9]*; do
    pid=${directory#/proc/}
    [ "$pid" -eq 1 ] || [ "$pid" -eq $$ ] || [ ! -s "$directory/cmdline" ] || kill "-$1" "$pid" 2>/dev/null
  done
}

kill_all TERM
sleep 1
kill_all KILL
sync
tac /proc/mounts | while read -r source target rest; do
  case $source in /dev/*) umount "$target" ;; esac
done
mdadm --stop --scan
dmsetup remove_all --noudevsync
sync
poweroff -f
