#!/bin/bash
# Runs rendered units by systemd itself, as process 1 of namespaces of its own, and prints what became of them.
#
#   systemd.bash FOLDER CHECKOUT UNIT...   FOLDER has units/, scripts/, home/ and env; each service is started in turn
#
# CHECKOUT lies in /opt/checkout there: where it is, the sandbox may hide it, as it does /root, /home and /tmp.
# /etc, /opt and /var are written to in layers that end with it. The units that a service waits for are not here, so
# they are left out; everything else of it holds, its account and its sandbox as well.
set -euo pipefail

if [[ ${1-} != --inside ]]; then
  folder=$(mktemp --directory)
  unshare --pid --fork --kill-child --mount --uts --ipc --mount-proc \
    bash "${BASH_SOURCE[0]}" --inside "$folder" "$@" >"$folder/log" 2>&1 &
  # Everything inside ends with it.
  unshare=$!
  trap 'kill -KILL "$unshare"; rm -rf -- "$folder"' EXIT
  trap 'exit 143' INT TERM
  while [[ ! -e $folder/said ]]; do
    kill -0 "$unshare" 2>/dev/null || { cat "$folder/log" >&2 && exit 1; }
    sleep 0.1
  done
  cat "$folder/said"
  exit
fi

said=$2/said
given=$3
checkout=$4
shift 4
mount --make-rprivate /
mount -t tmpfs tmpfs /run
for folder in etc opt var; do
  mkdir -p "/run/layers/$folder/upper" "/run/layers/$folder/work"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=/run/layers/$folder/upper,workdir=/run/layers/$folder/work" "/$folder"
done
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
mount -t tmpfs tmpfs /lib/systemd/system-generators
rm -rf /etc/systemd/system /opt/backstay /var/lib/backstay /var/backups/backstay
mkdir -p /etc/systemd/system /etc/backstay /opt/backstay /opt/checkout /var/backups
mount --bind "$checkout" /opt/checkout

# As the heads of the units say.
id backstay >/dev/null 2>&1 || useradd --system --home-dir /var/lib/backstay backstay
cp -r "$given/units/." /etc/systemd/system
cp -r "$given/scripts" /opt/backstay/scripts
cp -r "$given/home" /var/lib/backstay
cp -r "$given/backups" /var/backups/backstay
chown -R backstay /var/lib/backstay /var/backups/backstay
for unit in "$@"; do
  install -m 600 "$given/env" "/etc/backstay/${unit%-dump.service}.env"
  mkdir "/etc/systemd/system/$unit.d"
  printf '[Service]\nStandardOutput=append:/run/%s.said\nStandardError=append:/run/%s.said\n' "$unit" "$unit" \
    >"/etc/systemd/system/$unit.d/said.conf"
done

cat >/run/probe <<PROBE
exec >"$said.new" 2>&1
for unit in $*; do
  systemctl start --job-mode=ignore-dependencies "\$unit" || cat "/run/\$unit.said"
  systemctl show --property=Id,Result,ExecMainStatus "\$unit"
  timer="\${unit%.service}.timer"
  systemctl start --job-mode=ignore-dependencies "\$timer"
  systemctl show --property=Id,ActiveState,NextElapseUSecRealtime "\$timer"
done
cd /var/backups/backstay && find . -type f | sort
mv "$said.new" "$said"
PROBE
cat >/etc/systemd/system/probe.target <<'PROBE'
[Unit]
DefaultDependencies=no
Wants=probe.service
PROBE
cat >/etc/systemd/system/probe.service <<'PROBE'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/bash /run/probe
PROBE
export container=backstay
exec /lib/systemd/systemd --system --unit=probe.target --log-target=console --show-status=no
