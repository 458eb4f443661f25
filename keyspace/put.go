package keyspace

import "github.com/medleydb/medley/datatypes"

// Draft returns a value of the kind that stands alone, for Put at the key: what can fail
// halfway, such as the reading of a foreign format, does so without the key noticing.
func (tx *Tx) Draft(key []byte, kind datatypes.Kind) *datatypes.Value {
	return datatypes.NewValueWithin(kind, &tx.env, maxInline(key))
}

// Fill opens the key for a new value of the kind, in place of what is there, with the given expiry
// (Unix milliseconds, 0 for none), and returns the value, to be filled. It is Create without a
// handle. What fails halfway calls Abort.
func (tx *Tx) Fill(key []byte, kind datatypes.Kind, expiryMs int64) *datatypes.Value {
	o := tx.openFor(key, true)
	o.created = o.exists()
	v := &o.value
	v.Kind, o.expiry, v.Empty, v.DueMs = kind, expiryMs, false, 0
	v.Encoding, v.Bytes, v.Object = 0, nil, nil
	return v
}

// maxInline returns the largest inline representation in bytes beside a key.
func maxInline(key []byte) int { return maxInlineRecord - min(len(key), maxInlineKey) - recFixed - 12 }

// Put makes a draft the value of the key, in place of what is there, with the given expiry
// (Unix milliseconds, 0 for none). The draft is not to be used any more.
func (tx *Tx) Put(key []byte, draft *datatypes.Value, expiryMs int64) {
	o := tx.openFor(key, true)
	o.created = o.exists()
	o.expiry = expiryMs
	v := &o.value
	v.Kind, v.Empty, v.DueMs = draft.Kind, draft.Empty, draft.DueMs
	v.Object = nil
	if draft.Object != nil {
		v.SetObject(draft.Encoding, draft.Object)
		return
	}
	copy(v.Replace(draft.Encoding, len(draft.Bytes)), draft.Bytes)
}
