#!/bin/sh
# One virtual environment per peer, in the folder given; versions pinned. Usage: build.sh FOLDER
set -eu
folder=$1
python=${PYTHON:-python3.11}

make() {
    name=$1
    shift
    [ -e "$folder/$name/.made" ] && return
    "$python" -m venv "$folder/$name"
    "$folder/$name/bin/pip" install --quiet --disable-pip-version-check "$@"
    touch "$folder/$name/.made"
}

mkdir -p "$folder"
make nonebot "nonebot2[fastapi,aiohttp]==2.5.0" nonebot-adapter-onebot==2.4.6 fastapi==0.165.0 aiohttp==3.14.5
make aiogram aiogram==3.31.0 aiohttp==3.14.5
make opsdroid opsdroid==0.31.0 aiohttp==3.14.5 "setuptools<81"
make matching bm25s==0.3.16 tantivy==0.27.0 jieba==0.42.1 numpy==2.4.6 "setuptools<81"
