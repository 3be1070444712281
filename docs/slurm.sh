#!/bin/bash
# Workers for a study in PostgreSQL: sbatch --array=1-16 docs/slurm.sh postgresql://me@server/studies
# Each element of the array is one worker with one accelerator; change what your cluster names otherwise.
#SBATCH --job-name=archc-worker
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --gpus-per-task=1
#SBATCH --mem=16G
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --requeue

set -u
study=${1:?the URL of the study, such as postgresql://me@server/studies}

# `wait` ends when a signal comes, so that it is passed on: the worker saves its trials and gives them back.
archc worker "$study" --jobs 1 --threads "${SLURM_CPUS_PER_TASK:-1}" --idle 600 &
worker=$!
trap 'kill -TERM "$worker"' TERM INT
wait "$worker"
status=$?
while kill -0 "$worker" 2>/dev/null; do
    wait "$worker"
    status=$?
done
exit "$status"
