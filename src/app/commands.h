/* app/commands.h -- what `hujiao COMMAND` runs. Each returns the exit status: 0 good, 1 failed, 2
 * called wrongly. */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "app/config.h"

int cmd_serve(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_pace(int argc, char **argv);
int cmd_practice(int argc, char **argv);
int cmd_setup(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_support(int argc, char **argv);
int cmd_cert(int argc, char **argv);
int cmd_worker(int argc, char **argv);

#endif
