# Completes the words of hadoopless. Made by `make diagrams`; hadoopless completion prints it.

function __hadoopless_at --description 'Tell if the words so far lead to one of these names'
    set -l at hadoopless
    set -l words (commandline -opc)
    for word in $words[2..-1]
        switch "$at $word"
            case 'hadoopless run'
                set at 'run'
            case 'hadoopless workers'
                set at 'workers'
            case 'hadoopless hadoop'
                set at 'hadoop'
            case 'hadoopless hdfs'
                set at 'hdfs'
            case 'hadoopless mapred'
                set at 'mapred'
            case 'hadoopless yarn'
                set at 'yarn'
            case 'hadoopless status'
                set at 'status'
            case 'hadoopless history'
                set at 'history'
            case 'hadoopless logs'
                set at 'logs'
            case 'hadoopless explain'
                set at 'explain'
            case 'hadoopless ui'
                set at 'ui'
            case 'hadoopless report'
                set at 'report'
            case 'hadoopless doctor'
                set at 'doctor'
            case 'hadoopless config'
                set at 'config'
            case 'hadoopless completion'
                set at 'completion'
            case 'hadoopless version'
                set at 'version'
            case 'hadoopless hadoop-home'
                set at 'hadoop-home'
            case 'hadoop fs' 'hadoop dfs' 'hdfs dfs'
                set at 'fs'
            case 'hadoop jar' 'hadoop streaming' 'mapred streaming' 'yarn jar'
                set at 'jar'
            case 'hadoop distcp'
                set at 'hadoop distcp'
            case 'hadoop version'
                set at 'hadoop version'
            case 'hdfs dfsadmin'
                set at 'hdfs dfsadmin'
            case 'hdfs version'
                set at 'hdfs version'
            case 'mapred distcp'
                set at 'mapred distcp'
            case 'mapred version'
                set at 'mapred version'
            case 'yarn version'
                set at 'yarn version'
            case 'config show'
                set at 'config show'
            case 'completion bash' 'completion zsh' 'completion fish'
                set at 'completion SHELL'
            case 'fs -appendToFile'
                set at 'fs -appendToFile'
            case 'fs -cat'
                set at 'fs -cat'
            case 'fs -checksum'
                set at 'fs -checksum'
            case 'fs -chgrp'
                set at 'fs -chgrp'
            case 'fs -chmod'
                set at 'fs -chmod'
            case 'fs -chown'
                set at 'fs -chown'
            case 'fs -copyFromLocal'
                set at 'fs -copyFromLocal'
            case 'fs -copyToLocal'
                set at 'fs -copyToLocal'
            case 'fs -count'
                set at 'fs -count'
            case 'fs -cp'
                set at 'fs -cp'
            case 'fs -df'
                set at 'fs -df'
            case 'fs -du'
                set at 'fs -du'
            case 'fs -dus'
                set at 'fs -dus'
            case 'fs -expunge'
                set at 'fs -expunge'
            case 'fs -find'
                set at 'fs -find'
            case 'fs -get'
                set at 'fs -get'
            case 'fs -getmerge'
                set at 'fs -getmerge'
            case 'fs -head'
                set at 'fs -head'
            case 'fs -ls'
                set at 'fs -ls'
            case 'fs -lsr'
                set at 'fs -lsr'
            case 'fs -mkdir'
                set at 'fs -mkdir'
            case 'fs -moveFromLocal'
                set at 'fs -moveFromLocal'
            case 'fs -moveToLocal'
                set at 'fs -moveToLocal'
            case 'fs -mv'
                set at 'fs -mv'
            case 'fs -put'
                set at 'fs -put'
            case 'fs -rm'
                set at 'fs -rm'
            case 'fs -rmdir'
                set at 'fs -rmdir'
            case 'fs -rmr'
                set at 'fs -rmr'
            case 'fs -setrep'
                set at 'fs -setrep'
            case 'fs -stat'
                set at 'fs -stat'
            case 'fs -tail'
                set at 'fs -tail'
            case 'fs -test'
                set at 'fs -test'
            case 'fs -text'
                set at 'fs -text'
            case 'fs -touch'
                set at 'fs -touch'
            case 'fs -touchz'
                set at 'fs -touchz'
            case 'fs -truncate'
                set at 'fs -truncate'
            case 'fs -help'
                set at 'fs -help'
            case 'fs -usage'
                set at 'fs -usage'
            case 'config show run' 'config show workers' 'config show status' 'config show doctor'
                set at 'config show COMMAND'
        end
    end
    contains -- $at $argv
end

complete -c hadoopless -f
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a run -d 'run a job, as coordinator.py does'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a workers -d 'start workers, as workers.py does'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a hadoop -d 'jar, fs, distcp ... as Hadoop'\''s command of this name'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a hdfs -d 'dfs ... as Hadoop'\''s command of this name'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a mapred -d 'streaming, distcp ... as Hadoop'\''s command of this name'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a yarn -d 'jar ... as Hadoop'\''s command of this name'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a status -d 'tell which workers answer, and what they do'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a history -d 'list the jobs that have run'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a logs -d 'print what the programs of a job wrote to stderr'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a explain -d 'say where the time of a job went, and what would change it'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a ui -d 'show jobs in a browser, live while they run'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a report -d 'write the page of a job into one file'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a doctor -d 'look for what may keep jobs from running here, and say what to do'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a config -d 'show the value of each option, and where it comes from'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a completion -d 'print the script that completes words in bash, zsh or fish'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a version -d 'print the version'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -a hadoop-home -d 'print the directory that plays HADOOP_HOME: bin/hadoop is in it'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -s h -l help -d 'show the usage'
complete -c hadoopless -n '__hadoopless_at '\''hadoopless'\''' -l version -d 'print the version'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l version -d 'show the version and exit'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l mapperPath -rF -d 'the mapper: a program, with arguments'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l reducerPath -rF -d 'the reducer: a program, with arguments'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l jobPath -xa '(__fish_complete_directories)' -d '*.in files are read, N.out files written'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l numReducers -x -d 'number of reducers, and so of outputs (1); 0: each mapper writes an output'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l combinerPath -rF -d 'program that shortens map outputs'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l inputPath -rF -d 'files, globs or directories, by commas, instead of DIR/*.in; - is stdin'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l outputPath -xa '(__fish_complete_directories)' -d 'where N.out files go, instead of jobPath'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l splitSize -x -d 'cut larger inputs at line borders, such as 64MB'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l combineSmallFiles -x -d 'inputs share a map task up to so many bytes, such as 64MB'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l partitionerPath -rF -d 'program that reads keys and writes a number from 0 to N-1 for each; N is its last argument'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l sortValues -d 'the values of each key come sorted, as bytes'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l totalOrder -d '0.out, 1.out, ... one after the other are sorted by the mapper'\''s keys'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l skipBadRecords -d 'leave out records on which the mapper dies; they are kept in DIR/N.skipped'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l keepFailedTaskFiles -d 'keep the input of a task that failed; its error shows how to run it again'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l env -x -d 'a variable of the job'\''s programs; without =VALUE, with the value that it has here'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l workers -x -d 'use these; or '\''inventory'\'': only the inventory'\''s; or '\''embedded'\'': a pool for this job'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l listen -x -d 'wait at unix:/path or http://host:port for workers that join, instead of calling any'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l numWorkers -x -d 'with --listen: start when so many have joined'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l inventory -rF -d 'the workers'\'' URLs, in place of the inventory.py that comes along: a file like that one (*.py), or one with a URL in each line'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l config -rF -d 'settings, instead of those in ./hadoopless.toml; none: read no file'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l tlsCert -rF -d 'certificate in PEM of this process: all calls over TCP are in TLS'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l tlsKey -rF -d 'its private key, without a passphrase'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l tlsCa -rF -d 'certificate of the CA that the others'\'' must be from'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l slots -x -d 'tasks that a worker runs at a time (1)'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l maxAttempts -x -d 'a task whose program failed so often fails the job (4)'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l taskTimeout -x -d 'a task that runs longer is stopped, which counts as a failure (no limit)'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l workerTimeout -x -d 'a worker silent so long is taken for lost (10)'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l speculate -l no-speculate -d 'run a second attempt of a task that is far slower than the others (yes)'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l resume -d 'go on with this job where a coordinator that died has left it'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l profile -x -d 'sample the stacks of the Python programs of one in N tasks (10) with py-spy'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l metricsPort -x -d 'tell the job'\''s metrics at http://127.0.0.1:N/metrics, for Prometheus; 0: at any port'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l metricsTokenFile -rF -d 'callers who show the word in it as their bearer token may read /metrics'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l dashboard -d 'show the job in a browser: prints a link to a page that lives as long as the job, and ten minutes more'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l quiet -d 'say nothing unless there is an error'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l json -d 'print the end of the job as one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l verbose -d 'tell of every attempt: its error, or its stderr'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l engine -x -d 'what runs the job: own, or hadoop, or spark (own)'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l dryRun -d 'with another engine: check the job, print the command that would run it, and end'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l preflight -l no-preflight -d 'with another engine: check programs here and run the job on the first records (yes)'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l hadoop -x -d 'the home of the real Hadoop, or its command hadoop (HADOOP_HOME, else that in PATH)'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l master -x -d 'the master of Spark, such as spark://host:7077, yarn or sc://host'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l files -rF -d 'with another engine: files and directories, by commas, that go with the programs'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l property -x -d 'with another engine: a property of the job there'
complete -c hadoopless -n '__hadoopless_at '\''run'\''' -l hadoopConf -xa '(__fish_complete_directories)' -d 'the directory with Hadoop'\''s core-site.xml and hdfs-site.xml (HADOOP_CONF_DIR)'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l workers -x -d 'start these instead of the inventory'\''s'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l root -xa '(__fish_complete_directories)' -d 'the directory that callers without the token may use (the current one)'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l memory -x -d 'memory of each worker for data, such as 512MB (a share of the machine'\''s)'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l spillDir -xa '(__fish_complete_directories)' -d 'the directory for data that does not fit into memory (that for temporary files)'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l host -x -d 'listen on this address of the machine, not on loopback; every call needs the token'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l inventory -rF -d 'the workers'\'' URLs, in place of the inventory.py that comes along: a file like that one (*.py), or one with a URL in each line'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l config -rF -d 'settings, instead of those in ./hadoopless.toml; none: read no file'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l tlsCert -rF -d 'certificate in PEM of this process: all calls over TCP are in TLS'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l tlsKey -rF -d 'its private key, without a passphrase'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l tlsCa -rF -d 'certificate of the CA that the others'\'' must be from'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l metricsTokenFile -rF -d 'callers who show the word in it as their bearer token may read /metrics'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l keepOutputs -x -d 'keep map outputs that nobody asks for so long (3600)'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l dashboard -d 'show the jobs of this user in a browser: prints a link to pages that live as long as the workers'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l verbose -d 'log every request'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l version -d 'show the version and exit'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l join -x -d 'the address of a coordinator with --listen: unix:/path or http://host:port (https:// with TLS)'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l id -x -d 'the number of this worker: 0, 1, 2, … without gaps'
complete -c hadoopless -n '__hadoopless_at '\''workers'\''' -l once -d 'end with the job instead of waiting for the next'
complete -c hadoopless -n '__hadoopless_at '\''hadoop'\''' -a fs -d 'files and directories: -ls, -put, -get ... (-help tells more)'
complete -c hadoopless -n '__hadoopless_at '\''hadoop'\''' -a dfs -d 'files and directories: -ls, -put, -get ... (-help tells more)'
complete -c hadoopless -n '__hadoopless_at '\''hadoop'\''' -a jar -d '<jar>: run a Hadoop Streaming job, whatever the jar'
complete -c hadoopless -n '__hadoopless_at '\''hadoop'\''' -a streaming -d 'run a Hadoop Streaming job'
complete -c hadoopless -n '__hadoopless_at '\''hadoop'\''' -a distcp -d 'copy files and directories'
complete -c hadoopless -n '__hadoopless_at '\''hadoop'\''' -a version -d 'print the version'
complete -c hadoopless -n '__hadoopless_at '\''hdfs'\''' -a dfs -d 'files and directories: -ls, -put, -get ... (-help tells more)'
complete -c hadoopless -n '__hadoopless_at '\''hdfs'\''' -a dfsadmin -d '-report and -safemode, for scripts that wait for a cluster'
complete -c hadoopless -n '__hadoopless_at '\''hdfs'\''' -a version -d 'print the version'
complete -c hadoopless -n '__hadoopless_at '\''mapred'\''' -a streaming -d 'run a Hadoop Streaming job'
complete -c hadoopless -n '__hadoopless_at '\''mapred'\''' -a distcp -d 'copy files and directories'
complete -c hadoopless -n '__hadoopless_at '\''mapred'\''' -a version -d 'print the version'
complete -c hadoopless -n '__hadoopless_at '\''yarn'\''' -a jar -d '<jar>: run a Hadoop Streaming job, whatever the jar'
complete -c hadoopless -n '__hadoopless_at '\''yarn'\''' -a version -d 'print the version'
complete -c hadoopless -n '__hadoopless_at '\''status'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''status'\''' -l workers -x -d 'these, not the inventory'\''s'
complete -c hadoopless -n '__hadoopless_at '\''status'\''' -l inventory -rF -d 'the workers'\'' URLs, in place of the inventory.py that comes along: a file like that one (*.py), or one with a URL in each line'
complete -c hadoopless -n '__hadoopless_at '\''status'\''' -l config -rF -d 'settings, instead of those in ./hadoopless.toml; none: read no file'
complete -c hadoopless -n '__hadoopless_at '\''status'\''' -l tlsCert -rF -d 'certificate in PEM of this process: all calls over TCP are in TLS'
complete -c hadoopless -n '__hadoopless_at '\''status'\''' -l tlsKey -rF -d 'its private key, without a passphrase'
complete -c hadoopless -n '__hadoopless_at '\''status'\''' -l tlsCa -rF -d 'certificate of the CA that the others'\'' must be from'
complete -c hadoopless -n '__hadoopless_at '\''status'\''' -l json -d 'print one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''history'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''history'\''' -l last -x -d 'the newest N (20); 0: all'
complete -c hadoopless -n '__hadoopless_at '\''history'\''' -l json -d 'print one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''logs'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''logs'\''' -l json -d 'print one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''explain'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''explain'\''' -l workers -x -d 'with so many workers'
complete -c hadoopless -n '__hadoopless_at '\''explain'\''' -l slots -x -d 'with so many tasks at a time each'
complete -c hadoopless -n '__hadoopless_at '\''explain'\''' -l numReducers -x -d 'with so many reducers'
complete -c hadoopless -n '__hadoopless_at '\''explain'\''' -l splitSize -x -d 'with splits of this size'
complete -c hadoopless -n '__hadoopless_at '\''explain'\''' -l json -d 'print one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''ui'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''ui'\''' -l port -x -d 'listen on this port (any that is free)'
complete -c hadoopless -n '__hadoopless_at '\''report'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''report'\''' -s o -l output -rF -d 'the report, as HTML'
complete -c hadoopless -n '__hadoopless_at '\''report'\''' -l perfetto -rF -d 'the attempts as a trace for ui.perfetto.dev'
complete -c hadoopless -n '__hadoopless_at '\''report'\''' -l csv -rF -d 'the attempts as comma-separated values'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l workers -x -d 'these, not the inventory'\''s'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l shared -xa '(__fish_complete_directories)' -d 'a directory that all workers should see'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l spillDir -xa '(__fish_complete_directories)' -d 'the workers'\'' directory for spills'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l inventory -rF -d 'the workers'\'' URLs, in place of the inventory.py that comes along: a file like that one (*.py), or one with a URL in each line'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l config -rF -d 'settings, instead of those in ./hadoopless.toml; none: read no file'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l tlsCert -rF -d 'certificate in PEM of this process: all calls over TCP are in TLS'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l tlsKey -rF -d 'its private key, without a passphrase'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l tlsCa -rF -d 'certificate of the CA that the others'\'' must be from'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -l json -d 'print one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''doctor'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''config'\''' -a show -d 'show all values'
complete -c hadoopless -n '__hadoopless_at '\''config'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''config'\''' -l config -rF -d 'settings, instead of those in ./hadoopless.toml; none: read no file'
complete -c hadoopless -n '__hadoopless_at '\''config'\''' -l json -d 'print one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''completion'\''' -a bash -d 'the script for bash'
complete -c hadoopless -n '__hadoopless_at '\''completion'\''' -a zsh -d 'the script for zsh'
complete -c hadoopless -n '__hadoopless_at '\''completion'\''' -a fish -d 'the script for fish'
complete -c hadoopless -n '__hadoopless_at '\''completion'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''version'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''version'\''' -l json -d 'print one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o appendToFile -d 'Write what is in local files (- is stdin) behind what is in a file'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o cat -d 'Write what is in files to stdout'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o checksum -d 'Show the checksum of files: NONE, as for all local files of Hadoop'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o chgrp -d 'As -chown :GROUP'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o chmod -d 'Change permissions; no umask is applied'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o chown -d 'Change the owner, the group or both'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o copyFromLocal -d 'Copy local files and directories'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o copyToLocal -d 'Copy files and directories to local ones'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o count -d 'Count directories, files and bytes: DIR_COUNT FILE_COUNT CONTENT_SIZE PATHNAME'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o cp -d 'Copy files and directories'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o df -d 'Show the size of the file system that a path is in, what is used and what is free'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o du -d 'Show how many bytes files, and all files in the directories of a directory, have'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o dus -d 'Show how many bytes files, and all files in the directories of a directory, have'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o expunge -d 'Empty the trash'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o find -d 'Find what matches an expression in directories and all that is below them'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o get -d 'Copy files and directories to local ones'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o getmerge -d 'Copy files, and all files in directories, one behind the other into one local file'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o head -d 'Write the first 1024 bytes of a file to stdout'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o ls -d 'List files, and what is in directories; without a path, the working directory'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o lsr -d 'List files, and what is in directories; without a path, the working directory'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o mkdir -d 'Make directories'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o moveFromLocal -d 'As -put; what was copied is deleted'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o moveToLocal -d 'Not implemented yet'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o mv -d 'Rename files and directories, or move them to another directory'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o put -d 'Copy local files and directories'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o rm -d 'Delete files at once: there is no trash'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o rmdir -d 'Delete empty directories'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o rmr -d 'Delete files at once: there is no trash'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o setrep -d 'Accept a number of copies for files; there is always one'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o stat -d 'Show a file in the format of the first word, if there is a % in it; else its time (%y)'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o tail -d 'Write the last 1024 bytes of a file to stdout'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o test -d 'Say something about a path by the exit code: 0 for yes, 1 for no'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o text -d 'Write what is in files to stdout, unpacked: what begins as gzip data does, and files whose names end with .gz, .bz2, .deflate or .zst'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o touch -d 'Set the times of files to now; make those that are not there'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o touchz -d 'Make empty files; a file with something in it is an error'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o truncate -d 'Cut files to a length'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o help -d 'Explain commands; without one, all of them.'
complete -c hadoopless -n '__hadoopless_at '\''fs'\''' -o usage -d 'Show how commands are written; without one, all of them.'
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -l engine -x -d 'what runs the job: own, or hadoop, or spark (own)'
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -l dryRun -d 'with another engine: check the job, print the command that would run it, and end'
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -l preflight -l no-preflight -d 'with another engine: check programs here and run the job on the first records (yes)'
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -l hadoop -x -d 'the home of the real Hadoop, or its command hadoop (HADOOP_HOME, else that in PATH)'
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -l master -x -d 'the master of Spark, such as spark://host:7077, yarn or sc://host'
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o fs -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o jt -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o conf -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o D -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o libjars -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o files -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o archives -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o tokenCacheFile -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o input -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o file -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o cacheFile -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o cacheArchive -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o output -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o mapper -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o combiner -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o reducer -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o numReduceTasks -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o inputformat -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o outputformat -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o partitioner -rF
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o inputreader -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o io -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o jobconf -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o cmdenv -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o dfs -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o additionalconfspec -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o mapdebug -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o reducedebug -x
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o background
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o verbose
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o info
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o help
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o debug
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -o lazyOutput
complete -c hadoopless -n '__hadoopless_at '\''jar'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''hadoop distcp'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''mapred distcp'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''config show'\''' -a run -d 'those of run'
complete -c hadoopless -n '__hadoopless_at '\''config show'\''' -a workers -d 'those of workers'
complete -c hadoopless -n '__hadoopless_at '\''config show'\''' -a status -d 'those of status'
complete -c hadoopless -n '__hadoopless_at '\''config show'\''' -a doctor -d 'those of doctor'
complete -c hadoopless -n '__hadoopless_at '\''config show'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''config show'\''' -l config -rF -d 'settings, instead of those in ./hadoopless.toml; none: read no file'
complete -c hadoopless -n '__hadoopless_at '\''config show'\''' -l json -d 'print one JSON object'
complete -c hadoopless -n '__hadoopless_at '\''fs -appendToFile'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -cat'\''' -o ignoreCrc -d 'changes nothing, there are no checksums'
complete -c hadoopless -n '__hadoopless_at '\''fs -cat'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -checksum'\''' -o v -d 'with the block size'
complete -c hadoopless -n '__hadoopless_at '\''fs -checksum'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -chgrp'\''' -o R
complete -c hadoopless -n '__hadoopless_at '\''fs -chgrp'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -chmod'\''' -o R -d 'with all that is below
<MODE>: u, g, o or a, then +, - or =, then some of rwxXt
<OCTALMODE>: three digits, or four to set (1) or clear (0) the sticky bit, too'
complete -c hadoopless -n '__hadoopless_at '\''fs -chmod'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -chown'\''' -o R -d 'with all that is below'
complete -c hadoopless -n '__hadoopless_at '\''fs -chown'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -copyFromLocal'\''' -o d -d 'write the file itself, not a temporary one beside it'
complete -c hadoopless -n '__hadoopless_at '\''fs -copyFromLocal'\''' -o f -d 'replace what is there'
complete -c hadoopless -n '__hadoopless_at '\''fs -copyFromLocal'\''' -o l
complete -c hadoopless -n '__hadoopless_at '\''fs -copyFromLocal'\''' -o p -d 'keep times, owner and permissions'
complete -c hadoopless -n '__hadoopless_at '\''fs -copyFromLocal'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -copyToLocal'\''' -o crc
complete -c hadoopless -n '__hadoopless_at '\''fs -copyToLocal'\''' -o f -d 'replace what is there'
complete -c hadoopless -n '__hadoopless_at '\''fs -copyToLocal'\''' -o ignoreCrc
complete -c hadoopless -n '__hadoopless_at '\''fs -copyToLocal'\''' -o p -d 'keep times, owner and permissions'
complete -c hadoopless -n '__hadoopless_at '\''fs -copyToLocal'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -count'\''' -o e -d 'with the erasure coding policy (there is none)'
complete -c hadoopless -n '__hadoopless_at '\''fs -count'\''' -o h -d 'numbers as 1.5 K, 2 G'
complete -c hadoopless -n '__hadoopless_at '\''fs -count'\''' -o q -d 'with quotas before them (there are none)'
complete -c hadoopless -n '__hadoopless_at '\''fs -count'\''' -o s -d 'with counts of snapshots'
complete -c hadoopless -n '__hadoopless_at '\''fs -count'\''' -o u -d 'quotas only'
complete -c hadoopless -n '__hadoopless_at '\''fs -count'\''' -o v -d 'with a header'
complete -c hadoopless -n '__hadoopless_at '\''fs -count'\''' -o x -d 'without snapshots (there are none)'
complete -c hadoopless -n '__hadoopless_at '\''fs -count'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -cp'\''' -o d -d 'write the file itself, not a temporary one beside it'
complete -c hadoopless -n '__hadoopless_at '\''fs -cp'\''' -o f -d 'replace what is there'
complete -c hadoopless -n '__hadoopless_at '\''fs -cp'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -df'\''' -o h -d 'sizes as 1.5 K, 2 G'
complete -c hadoopless -n '__hadoopless_at '\''fs -df'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -du'\''' -o h -d 'sizes as 1.5 K, 2 G'
complete -c hadoopless -n '__hadoopless_at '\''fs -du'\''' -o s -d 'one sum for each path'
complete -c hadoopless -n '__hadoopless_at '\''fs -du'\''' -o v -d 'with a header'
complete -c hadoopless -n '__hadoopless_at '\''fs -du'\''' -o x -d 'without snapshots (there are none)'
complete -c hadoopless -n '__hadoopless_at '\''fs -du'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -dus'\''' -o h -d 'sizes as 1.5 K, 2 G'
complete -c hadoopless -n '__hadoopless_at '\''fs -dus'\''' -o s -d 'one sum for each path'
complete -c hadoopless -n '__hadoopless_at '\''fs -dus'\''' -o v -d 'with a header'
complete -c hadoopless -n '__hadoopless_at '\''fs -dus'\''' -o x -d 'without snapshots (there are none)'
complete -c hadoopless -n '__hadoopless_at '\''fs -dus'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -expunge'\''' -o immediate
complete -c hadoopless -n '__hadoopless_at '\''fs -expunge'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -find'\''' -o H
complete -c hadoopless -n '__hadoopless_at '\''fs -find'\''' -o L
complete -c hadoopless -n '__hadoopless_at '\''fs -find'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -get'\''' -o crc
complete -c hadoopless -n '__hadoopless_at '\''fs -get'\''' -o f -d 'replace what is there'
complete -c hadoopless -n '__hadoopless_at '\''fs -get'\''' -o ignoreCrc
complete -c hadoopless -n '__hadoopless_at '\''fs -get'\''' -o p -d 'keep times, owner and permissions'
complete -c hadoopless -n '__hadoopless_at '\''fs -get'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -getmerge'\''' -o nl -d 'a newline behind each'
complete -c hadoopless -n '__hadoopless_at '\''fs -getmerge'\''' -o skip-empty-file -d 'but not behind empty ones'
complete -c hadoopless -n '__hadoopless_at '\''fs -getmerge'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -head'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o C -d 'paths only'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o R -d 'with all that is below'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o S -d 'by size, biggest first'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o d -d 'directories themselves, not what is in them'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o e -d 'erasure coding (there is none here: an error)'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o h -d 'sizes as 1.5 K, 2 G'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o q -d '? in place of characters that cannot be printed'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o r -d 'in reverse order'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o t -d 'by time of modification, newest first'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -o u -d 'the time of last access in place of modification'
complete -c hadoopless -n '__hadoopless_at '\''fs -ls'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o C -d 'paths only'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o R -d 'with all that is below'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o S -d 'by size, biggest first'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o d -d 'directories themselves, not what is in them'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o e -d 'erasure coding (there is none here: an error)'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o h -d 'sizes as 1.5 K, 2 G'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o q -d '? in place of characters that cannot be printed'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o r -d 'in reverse order'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o t -d 'by time of modification, newest first'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -o u -d 'the time of last access in place of modification'
complete -c hadoopless -n '__hadoopless_at '\''fs -lsr'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -mkdir'\''' -o p -d 'with those that they are in; one that is there is no error'
complete -c hadoopless -n '__hadoopless_at '\''fs -mkdir'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -moveFromLocal'\''' -o d
complete -c hadoopless -n '__hadoopless_at '\''fs -moveFromLocal'\''' -o f
complete -c hadoopless -n '__hadoopless_at '\''fs -moveFromLocal'\''' -o l
complete -c hadoopless -n '__hadoopless_at '\''fs -moveFromLocal'\''' -o p
complete -c hadoopless -n '__hadoopless_at '\''fs -moveFromLocal'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -moveToLocal'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -mv'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -put'\''' -o d -d 'write the file itself, not a temporary one beside it'
complete -c hadoopless -n '__hadoopless_at '\''fs -put'\''' -o f -d 'replace what is there'
complete -c hadoopless -n '__hadoopless_at '\''fs -put'\''' -o l
complete -c hadoopless -n '__hadoopless_at '\''fs -put'\''' -o p -d 'keep times, owner and permissions'
complete -c hadoopless -n '__hadoopless_at '\''fs -put'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -rm'\''' -o R
complete -c hadoopless -n '__hadoopless_at '\''fs -rm'\''' -o f -d 'what is not there is no error'
complete -c hadoopless -n '__hadoopless_at '\''fs -rm'\''' -o r
complete -c hadoopless -n '__hadoopless_at '\''fs -rm'\''' -o safely
complete -c hadoopless -n '__hadoopless_at '\''fs -rm'\''' -o skipTrash
complete -c hadoopless -n '__hadoopless_at '\''fs -rm'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -rmdir'\''' -l ignore-fail-on-non-empty -d 'another one stays, which is no error'
complete -c hadoopless -n '__hadoopless_at '\''fs -rmdir'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -rmr'\''' -o R
complete -c hadoopless -n '__hadoopless_at '\''fs -rmr'\''' -o f -d 'what is not there is no error'
complete -c hadoopless -n '__hadoopless_at '\''fs -rmr'\''' -o r
complete -c hadoopless -n '__hadoopless_at '\''fs -rmr'\''' -o safely
complete -c hadoopless -n '__hadoopless_at '\''fs -rmr'\''' -o skipTrash
complete -c hadoopless -n '__hadoopless_at '\''fs -rmr'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -setrep'\''' -o R
complete -c hadoopless -n '__hadoopless_at '\''fs -setrep'\''' -o w
complete -c hadoopless -n '__hadoopless_at '\''fs -setrep'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -stat'\''' -o R
complete -c hadoopless -n '__hadoopless_at '\''fs -stat'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -tail'\''' -o f -d 'go on with what is appended to it, until Ctrl-C'
complete -c hadoopless -n '__hadoopless_at '\''fs -tail'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -test'\''' -o d -d 'it is a directory'
complete -c hadoopless -n '__hadoopless_at '\''fs -test'\''' -o e -d 'it is there'
complete -c hadoopless -n '__hadoopless_at '\''fs -test'\''' -o f -d 'it is a file'
complete -c hadoopless -n '__hadoopless_at '\''fs -test'\''' -o r
complete -c hadoopless -n '__hadoopless_at '\''fs -test'\''' -o s -d 'it has more than 0 bytes'
complete -c hadoopless -n '__hadoopless_at '\''fs -test'\''' -o w
complete -c hadoopless -n '__hadoopless_at '\''fs -test'\''' -o z -d 'it has 0 bytes'
complete -c hadoopless -n '__hadoopless_at '\''fs -test'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -text'\''' -o ignoreCrc -d 'changes nothing, there are no checksums'
complete -c hadoopless -n '__hadoopless_at '\''fs -text'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -touch'\''' -o a
complete -c hadoopless -n '__hadoopless_at '\''fs -touch'\''' -o c -d 'make no files'
complete -c hadoopless -n '__hadoopless_at '\''fs -touch'\''' -o m
complete -c hadoopless -n '__hadoopless_at '\''fs -touch'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -touchz'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''fs -truncate'\''' -o w -d 'changes nothing, it is done at once'
complete -c hadoopless -n '__hadoopless_at '\''fs -truncate'\''' -F
complete -c hadoopless -n '__hadoopless_at '\''config show COMMAND'\''' -s h -l help -d 'show this help message and exit'
complete -c hadoopless -n '__hadoopless_at '\''config show COMMAND'\''' -l config -rF -d 'settings, instead of those in ./hadoopless.toml; none: read no file'
complete -c hadoopless -n '__hadoopless_at '\''config show COMMAND'\''' -l json -d 'print one JSON object'
