/* result_files.h -- ResultWriter: results of child executions in, the files of a Map Run out.
 *
 * Pure: the files are handed to a sink, one by one, the manifest last. */
#ifndef PS_ITEMS_RESULT_FILES_H
#define PS_ITEMS_RESULT_FILES_H

#include "base/error.h"
#include "value/value.h"

typedef struct ps_item_writer {
    const ps_value *config;  /* WriterConfig {Transformation, OutputType}, or NULL: NONE, JSON */
    const ps_value *map_run; /* the Map Run's ARN, PS_STRING */
    ps_str bucket;
    ps_str prefix;
    size_t file_bytes; /* a file is closed before it grows beyond this; 0: no limit */
} ps_item_writer;

/* Takes one file; borrowed for the call. */
typedef void ps_item_file(void *arg, ps_str key, ps_str bytes);

/* Writes `results`, a PS_ARRAY of {Index, Input, Status, Output | Error, Cause} and whatever else
 * of a child is known (ExecutionArn, Name, StateMachineArn, StartDate, StopDate, RedriveCount), as
 * <prefix>/<map run id>/SUCCEEDED_n.json, FAILED_n.json, PENDING_n.json and manifest.json. Returns
 * what the state's result tells: a new {"Bucket", "Key"} of the manifest.
 *
 * Errors: PS_EINPUT  WriterConfig is not one; NULL, and no file was handed out */
ps_value *ps_item_writer_export(const ps_item_writer *w, const ps_value *results,
                                ps_item_file *file, void *arg, ps_error *err);

/* Without a bucket, WriterConfig alone: what the state's result is, a new PS_ARRAY, or for JSONL a
 * PS_STRING of lines. Errors as above. */
ps_value *ps_item_writer_preview(const ps_item_writer *w, const ps_value *results, ps_error *err);

#endif
