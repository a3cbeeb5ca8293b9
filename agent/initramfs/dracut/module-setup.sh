#!/bin/bash
# What goes into an initrd of dracut so that the agent can open the disks? Installed as 99portcullis, after what it looks at; sourced by dracut.
# SECURITY: refuses to make an initrd with another way in, and leaves no shell and no prompt. The agent must not be stripped (portcullis.conf).

check() {
  require_binaries ip cryptsetup env || return 1
  return 0
}

depends() {
  echo systemd systemd-initrd dracut-systemd systemd-udevd dm
}

installkernel() {
  instmods dm_mod dm_crypt =crypto virtio_pci virtio_blk virtio_scsi sd_mod nvme virtio_net virtio_rng virtio_console \
    fat vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8 qemu_fw_cfg configfs tsm sev-guest
}

install() {
  local library=/usr/lib/portcullis
  [[ ! -x $dracutsysrootdir$library/command-line-check ]] || "$dracutsysrootdir$library/command-line-check" \
    || portcullis_fault "this system leaves a shell or a passphrase prompt (see above)"
  inst_multiple ip cryptsetup env sleep mount umount mkdir rm rmdir chmod sync modprobe udevadm poweroff systemctl readlink \
    "$library/portcullis-agent" "$library/launch" "$library/network.sh" "$library/no-shell" \
    || portcullis_fault "a file of the agent is missing (see above)"
  inst_multiple -o /usr/lib/klibc/bin/ipconfig /usr/lib/*/ossl-modules/legacy.so /usr/lib64/ossl-modules/legacy.so /etc/portcullis/agent.json
  # cryptsetup opens it by name.
  inst_libdir_file "libgcc_s.so.1"
  [[ ! -e $initdir/usr/lib/klibc/bin/ipconfig ]] || ln -sf /usr/lib/klibc/bin/ipconfig "$initdir/usr/bin/ipconfig"
  cmp -s "$dracutsysrootdir$library/portcullis-agent" "$initdir$library/portcullis-agent" || portcullis_fault "the agent was changed on its way (strip?)"
  ln -sf "$(command -v env)" "$initdir$library/env"
  printf 'hosts: files dns\n' > "$initdir/etc/nsswitch.conf"
  printf '127.0.0.1 localhost\n::1 localhost\n' > "$initdir/etc/hosts"
  local unit
  for unit in portcullis-agent.service portcullis-root.service; do
    inst_simple "$moddir/$unit" "$systemdsystemunitdir/$unit"
    $SYSTEMCTL -q --root "$initdir" add-requires initrd-root-device.target "$unit"
  done
  inst_simple "$moddir/init-check" "$library/init-check"
  inst_simple "$moddir/portcullis-init.service" "$systemdsystemunitdir/portcullis-init.service"
  $SYSTEMCTL -q --root "$initdir" add-requires initrd.target portcullis-init.service
  portcullis_close
}

# Every shell and every prompt that dracut and systemd would give: the first power off in their place, the second are not there.
portcullis_close() {
  local name folder units=$initdir$systemdsystemunitdir
  for name in emergency rescue dracut-emergency debug-shell console-shell; do
    rm -f "$units/$name.service"
    inst_simple "$moddir/portcullis-no-shell.service" "$systemdsystemunitdir/$name.service"
  done
  rm -f "$units"/systemd-ask-password-* "$units"/*/systemd-ask-password-* "$units"/dracut-cmdline-ask.service \
    "$initdir"/etc/systemd/system/*/dracut-cmdline-ask.service
  # The agent alone opens disks, and nothing on the command line starts or masks a unit.
  for name in cryptsetup gpt-auto debug veritysetup integritysetup; do rm -f "$initdir$systemdutildir/system-generators/systemd-$name-generator"; done
  rm -f "$initdir$systemdutildir"/systemd-{cryptsetup,reply-password}
  for folder in bin sbin usr/bin usr/sbin; do
    for name in agetty sulogin systemd-ask-password systemd-tty-ask-password-agent dracut-cmdline-ask dracut-emergency; do
      rm -f "$initdir/$folder/$name"
    done
    for name in dropbear sshd tinysshd; do
      [[ ! -e $initdir/$folder/$name ]] || portcullis_fault "$name in the initrd is a way in beside the agent"
    done
  done
}

portcullis_fault() {
  dfatal "portcullis: $1"
  exit 1
}
