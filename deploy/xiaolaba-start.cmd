@echo off
rem Put this file into the folder that holds venv and xiaolaba.toml: docs/deploy/windows.md.
chcp 65001 >nul
title xiaolaba
set PYTHONUTF8=1
cd /d "%~dp0"
if not exist venv\Scripts\xiaolaba.exe (
    echo xiaolaba is not installed in %~dp0venv
    pause
    exit /b 1
)
:again
venv\Scripts\xiaolaba.exe serve %*
if %errorlevel% equ 0 exit /b 0
echo Stopped. Starting again in 10 seconds; close this window to end.
ping -n 11 127.0.0.1 >nul
goto again
