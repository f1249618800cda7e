/* redrive.h -- frames that stop, in case the execution is redriven. */
#ifndef PS_EXEC_REDRIVE_H
#define PS_EXEC_REDRIVE_H

#include "exec/layout.h"

/* In what a run keeps of a child that did not succeed: its name. */
#define PS_RUN_CHILD "Name"

/* Stops the frame and all below it; what is outstanding is cancelled. Nothing of it runs any more
 * unless the execution is redriven. */
void ps_frame_stop(ps_exec *x, ps_frame *f);
/* Cancels the children of the frame's run that are outstanding: known by their names from now on,
 * as those that failed. */
void ps_run_stop(ps_exec *x, ps_frame *f);

#endif
