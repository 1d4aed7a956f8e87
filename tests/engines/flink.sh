#!/usr/bin/env bash
# A small Flink on this machine: a job manager, two task managers with a pool of Python workers each, Beam's job server.
#
#   tests/engines/flink.sh start FOLDER          starts it; FOLDER/options then has what laughter needs to run there
#   tests/engines/flink.sh taskmanager FOLDER N  starts task manager 1 or 2 again, which died
#   tests/engines/flink.sh stop FOLDER           ends all of it
#
# FOLDER, new or empty, gets logs, process ids and temporary files. Ports are free ones. tests/engines/install.sh
# fetches what it needs. A start that fails ends what it started.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jars=${LAUGHTER_ENGINES:-$here/../../.engines}/flink
ready_s=${FLINK_READY_S:-180}

# Flink reaches into these; a quick start matters more than speed later
java_options=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-Dlog4j.configurationFile=$here/flink/log4j.properties")
for package in java.lang java.lang.reflect java.net java.io java.nio java.text java.time java.util \
    java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks sun.nio.ch; do
    java_options+=("--add-opens=java.base/$package=ALL-UNNAMED")
done

launch() { # NAME COMMAND...: in a process group of its own, so that its children end with it
    local name=$1
    shift
    set -m
    (cd "$folder" && exec "$@" >>"$folder/$name.log" 2>&1 </dev/null) &
    set +m
    echo $! >"$folder/$name.pid"
}

free_ports() {
    python - <<'PYTHON'
import socket

sockets = [socket.create_server(("localhost", 0)) for _ in range(4)]
print(*(one.getsockname()[1] for one in sockets))
PYTHON
}

configure() { # RPC_PORT REST_PORT
    mkdir -p "$folder/temporary" "$folder/conf"
    cat >"$folder/conf/flink-conf.yaml" <<YAML
jobmanager.rpc.address: localhost
jobmanager.bind-host: localhost
jobmanager.rpc.port: $1
rest.address: localhost
rest.bind-address: localhost
rest.port: $2
taskmanager.host: localhost
taskmanager.bind-host: localhost
taskmanager.numberOfTaskSlots: 1
taskmanager.cpu.cores: 1
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.framework.off-heap.size: 64m
taskmanager.memory.task.heap.size: 256m
taskmanager.memory.task.off-heap.size: 0m
taskmanager.memory.network.min: 64m
taskmanager.memory.network.max: 64m
taskmanager.memory.managed.size: 64m
taskmanager.memory.jvm-metaspace.size: 256m
taskmanager.memory.jvm-overhead.min: 64m
taskmanager.memory.jvm-overhead.max: 64m
cluster.registration.error-delay: 1000
parallelism.default: 2
classloader.resolve-order: parent-first
heartbeat.interval: 2000
heartbeat.timeout: 20000
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 3
restart-strategy.fixed-delay.delay: 2 s
io.tmp.dirs: $folder/temporary
YAML
}

task_manager() { # NUMBER, its pool of workers listens on 127.0.0.NUMBER
    printf '%s\n' "127.0.0.1 localhost $(uname -n)" "127.0.0.$1 worker-pool" >"$folder/conf/hosts$1"
    launch "taskmanager$1" java "${java_options[@]}" "-Djdk.net.hosts.file=$folder/conf/hosts$1" \
        -Xmx384m -XX:MaxDirectMemorySize=192m -XX:MaxMetaspaceSize=256m -cp "$jars/*" \
        org.apache.flink.runtime.taskexecutor.TaskManagerRunner --configDir conf
}

start() {
    local rpc rest job pool number began=$SECONDS
    if [ ! -d "$jars" ] || ! command -v java >/dev/null; then
        echo "flink.sh: Flink or Java is not here; tests/engines/install.sh installs both" >&2
        exit 1
    fi
    if compgen -G "$folder/*.pid" >/dev/null; then
        echo "flink.sh: a Flink was started in $folder before; stop it first, or name another folder" >&2
        exit 1
    fi
    trap 'stop' EXIT
    read -r rpc rest job pool < <(free_ports)
    configure "$rpc" "$rest"
    launch jobmanager java "${java_options[@]}" -Xmx512m -cp "$jars/*" \
        org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint --configDir conf
    launch jobserver java "${java_options[@]}" -Xmx512m -cp "$jars/*" \
        org.apache.beam.runners.flink.FlinkJobServerDriver --flink-conf-dir=conf "--flink-master=localhost:$rest" \
        --job-host=localhost "--job-port=$job" --artifact-port=0 --expansion-port=0 "--artifacts-dir=$folder/temporary"
    for number in 1 2; do
        launch "pool$number" env "TMPDIR=$folder/temporary" \
            python "$here/flink/worker_pool.py" "127.0.0.$number:$pool"
        task_manager "$number"
    done
    await jobserver localhost "$job"
    await pool1 127.0.0.1 "$pool"
    await pool2 127.0.0.2 "$pool"
    until slots "$rest"; do alive jobmanager taskmanager1 taskmanager2 && sleep 1; done
    echo "--runner=PortableRunner --job_endpoint=localhost:$job" \
        "--environment_type=EXTERNAL --environment_config=worker-pool:$pool --environment_cache_millis=60000" \
        >"$folder/options"
    echo "http://localhost:$rest" >"$folder/dashboard"
    trap - EXIT
}

await() { # NAME HOST PORT: until it listens
    until (: <"/dev/tcp/$2/$3") 2>/dev/null; do alive "$1" && sleep 0.5; done
}

slots() { # PORT: whether both task managers are there
    python - "$1" <<'PYTHON'
import json, sys, urllib.request

overview = f"http://localhost:{sys.argv[1]}/overview"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    sys.exit(json.load(opener.open(overview, timeout=5))["slots-available"] < 2)
except OSError:
    sys.exit(1)
PYTHON
}

alive() { # NAME...: ends the start where one of them has died, or after too long
    for name in "$@"; do
        if ! kill -0 "$(<"$folder/$name.pid")" 2>/dev/null || [ $((SECONDS - began)) -gt "$ready_s" ]; then
            echo "flink.sh: $name did not come up; the end of $folder/$name.log:" >&2
            tail -n 20 "$folder/$name.log" >&2
            exit 1
        fi
    done
}

stop() {
    local file deadline=$((SECONDS + 10))
    for file in "$folder"/*.pid; do
        [ ! -e "$file" ] || kill -TERM -- "-$(<"$file")" 2>/dev/null || true # it may have died
    done
    for file in "$folder"/*.pid; do
        [ -e "$file" ] || continue
        while kill -0 -- "-$(<"$file")" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
        kill -KILL -- "-$(<"$file")" 2>/dev/null || true
        rm "$file"
    done
    rm -rf "$folder/temporary" "$folder/options"
}

case "${1:-}:${2:-}" in
start:?*) mkdir -p "$2" && folder=$(cd "$2" && pwd) && start ;;
taskmanager:?*) folder=$(cd "$2" && pwd) && task_manager "${3:?1 or 2}" ;;
stop:?*) folder=$(cd "$2" && pwd) && stop ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
