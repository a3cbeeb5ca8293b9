#!/bin/bash
# What goes into an initrd of dracut so that the agent can open the disks? Installed as 90portcullis; sourced by dracut.
# SECURITY: refuses to make an initrd with another way in. The agent must not be stripped (conf.d/portcullis.conf).

check() {
  require_binaries ip cryptsetup env || return 1
  return 0
}

depends() {
  echo systemd systemd-udevd dm
}

installkernel() {
  instmods dm_mod dm_crypt =crypto virtio_pci virtio_blk virtio_scsi sd_mod nvme virtio_net virtio_rng virtio_console \
    fat vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8 qemu_fw_cfg configfs tsm sev-guest
}

install() {
  local library=/usr/lib/portcullis unit=portcullis-agent.service
  inst_multiple ip cryptsetup env sleep mount umount mkdir rm rmdir chmod sync modprobe udevadm
  inst_multiple -o ipconfig /usr/lib/klibc/bin/ipconfig /usr/lib/*/ossl-modules/legacy.so /etc/portcullis/agent.json
  [[ ! -e $initdir/usr/lib/klibc/bin/ipconfig ]] || ln -sf /usr/lib/klibc/bin/ipconfig "$initdir/usr/bin/ipconfig"
  inst_multiple "$library/portcullis-agent" "$library/launch" "$library/network.sh"
  cmp -s "$library/portcullis-agent" "$initdir$library/portcullis-agent" || { dfatal "portcullis: the agent was changed on its way (strip?)"; exit 1; }
  ln -sf "$(command -v env)" "$initdir$library/env"
  [[ -e $initdir/sbin/poweroff || -e $initdir/usr/sbin/poweroff ]] || inst_multiple poweroff systemctl
  printf 'hosts: files dns\n' > "$initdir/etc/nsswitch.conf"
  inst_simple "$moddir/$unit" "$systemdsystemunitdir/$unit"
  $SYSTEMCTL -q --root "$initdir" add-requires initrd-root-device.target "$unit"
  local program
  for program in dropbear sshd tinysshd agetty systemd-ask-password systemd-tty-ask-password-agent; do
    rm -f "$initdir/usr/bin/$program" "$initdir/bin/$program"
    [[ ! -e $initdir/usr/sbin/$program ]] || { dfatal "portcullis: $program in the initrd is a way in beside the agent"; exit 1; }
  done
  rm -f "$initdir$systemdsystemunitdir"/*/systemd-ask-password-*
}
