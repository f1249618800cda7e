/* manifest.h -- files that list the files to be read: the manifest.json of an S3 Inventory, and the
 * manifest that Athena's UNLOAD leaves. */
#ifndef PS_ITEMS_MANIFEST_H
#define PS_ITEMS_MANIFEST_H

#include "base/error.h"
#include "value/value.h"

typedef struct ps_item_manifest {
    ps_value *files;  /* PS_ARRAY of {"Bucket", "Key"}, in their order */
    ps_value *config; /* the ReaderConfig that each of them is read with */
} ps_item_manifest;

/* Reads the whole text of a manifest.
 *
 * config  ReaderConfig with ManifestType ATHENA_DATA or S3_INVENTORY (the default)
 * out     filled on success; the caller unrefs both
 *
 * Errors: PS_EINPUT        the text is no such manifest
 *         PS_EUNSUPPORTED  its files have a format other than CSV, JSON or JSONL */
ps_status ps_item_manifest_read(const ps_value *config, ps_str text, ps_item_manifest *out,
                                ps_error *err);

#endif
