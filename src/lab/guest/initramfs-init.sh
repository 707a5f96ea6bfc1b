#!/bin/busybox sh
# First program of a lab guest: drivers, then the machine's root, read-only under a tmpfs overlay.
export PATH=/bin

fail() {
  echo "LAB-FAILED $*"
  busybox poweroff -f
  busybox sleep 60
}

busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev

while read -r module; do
  [ "$module" != nvme.ko ] || echo 0 > /sys/bus/pci/drivers_autoprobe
  busybox insmod "/modules/$module" || fail "driver $module does not load"
done < /modules/order

# Linux distrusts the EUI-64 of QEMU's NVMe controller (NVME_QUIRK_BOGUS_NID, by its PCI id 1b36:0010).
# A dynamic id comes before the driver's own table, and this one has no quirks.
echo '1b36 10 ffffffff ffffffff 0 0 0' > /sys/bus/pci/drivers/nvme/new_id
echo 1 > /sys/bus/pci/drivers_autoprobe

options=trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro
busybox mount -t 9p -o "$options" machine-root /machine || fail 'the machine root does not mount over 9p'
busybox mount -t tmpfs -o size=50%,mode=0755 changes /changes
busybox mkdir /changes/upper /changes/work
busybox mount -t overlay -o lowerdir=/machine,upperdir=/changes/upper,workdir=/changes/work root /root ||
  fail 'the overlay over the machine root does not mount'

for each in proc sys dev; do
  busybox mount --move "/$each" "/root/$each"
done
busybox mount -t tmpfs -o mode=0755 run /root/run
busybox cp -a /lab /root/run/lab
exec busybox switch_root /root /run/lab/guest-init
