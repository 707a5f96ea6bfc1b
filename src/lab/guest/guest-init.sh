#!/usr/bin/busybox sh
# Makes the machine's root into this host, then becomes the exec service.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
lab=/run/lab

# The checkout may change while the guest runs, so it is mounted once more without a cache, where the
# machine has it; node_modules, large and at rest, stays behind the root's cache.
checkout=$(cat $lab/host/checkout)
mkdir $lab/node_modules
mount --bind "$checkout/node_modules" $lab/node_modules
mount -t tmpfs -o mode=1777 tmp /tmp
mkdir -p "$checkout"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none,ro checkout "$checkout" ||
  echo 'LAB-FAILED the checkout does not mount over 9p'
mount --bind $lab/node_modules "$checkout/node_modules"

# A kernel that is not installed on the machine keeps its modules elsewhere.
[ -e "/lib/modules/$(uname -r)" ] || ln -s "$(cat $lab/host/modules)" "/lib/modules/$(uname -r)"

mkdir -p /dev/pts /dev/shm /run/lock /var/log/lab
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t configfs configfs /sys/kernel/config 2>/dev/null
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/mounts /etc/mtab

name=$(cat $lab/host/name)
hostname "$name"
echo "$name" > /etc/hostname
printf '127.0.0.1 localhost %s\n10.0.2.2 machine\n' "$name" > /etc/hosts
cp $lab/host/machine-id /etc/machine-id
mkdir -p /etc/dm-remap
cp $lab/host/topology.json /etc/dm-remap/topology.json

ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2

mkdir -p /var/lib/dm-remap
mount -t ext4 -o noatime /dev/vda /var/lib/dm-remap ||
  echo 'LAB-FAILED the system disk does not mount'

# What udev would have recorded of each disk, where lsblk looks for it.
mkdir -p /run/udev/data
for disk in /sys/block/sd* /sys/block/nvme* /sys/block/vd*; do
  [ -e "$disk/dev" ] || continue
  serial=$(tail -c +5 "$disk/device/vpd_pg80" 2>/dev/null || cat "$disk/device/serial" "$disk/serial" 2>/dev/null)
  wwn=$(cat "$disk/device/wwid" "$disk/wwid" 2>/dev/null)
  case $wwn in
    naa.*) wwn=0x${wwn#naa.} ;;
    eui.*) ;;
    *) wwn= ;;
  esac
  printf 'I:1\nE:ID_SERIAL_SHORT=%s\n%s' "$serial" "${wwn:+E:ID_WWN=$wwn
}" > "/run/udev/data/b$(cat "$disk/dev")"
done

# By its path: busybox's own modprobe does not load compressed modules.
/usr/sbin/modprobe raid456 &

exec $lab/exec-service 1024 $lab/host/exec-token
