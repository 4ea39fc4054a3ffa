//! The rows of handshake messages. DTLS and QUIC carry the messages of TLS, so one list serves `tls.handshake.type` and
//! `dtls.handshake.type` alike.

/// Defines the table of a protocol that carries TLS handshake messages: the rows of the messages, whose names begin with
/// the prefix, then its own. The rows of the messages come first, so that they have the same numbers in each table.
macro_rules! handshake_fields {
    ($prefix:literal; $($own:tt)*) => {
        fields! {
            HANDSHAKE: None walk, concat!($prefix, ".handshake"), "Handshake Protocol";
            HANDSHAKE_TYPE: U8 walk, concat!($prefix, ".handshake.type"),
                "Handshake Type", names($crate::proto::tls_names::HANDSHAKE_TYPES);
            HANDSHAKE_LENGTH: U24 walk, concat!($prefix, ".handshake.length"), "Length";
            HANDSHAKE_VERSION: U16 walk, concat!($prefix, ".handshake.version"),
                "Version", hex, names($crate::proto::tls_names::VERSIONS);
            RANDOM: Bytes walk, concat!($prefix, ".handshake.random"), "Random";
            RANDOM_TIME: Time walk, concat!($prefix, ".handshake.random_time"), "GMT Unix Time";
            RANDOM_BYTES: Bytes walk, concat!($prefix, ".handshake.random_bytes"), "Random Bytes";
            SESSION_ID_LENGTH: U8 walk, concat!($prefix, ".handshake.session_id_length"), "Session ID Length";
            SESSION_ID: Bytes walk, concat!($prefix, ".handshake.session_id"), "Session ID";
            CIPHER_SUITES_LENGTH: U16 walk, concat!($prefix, ".handshake.cipher_suites_length"),
                "Cipher Suites Length";
            CIPHERSUITES: None walk, concat!($prefix, ".handshake.ciphersuites"), "Cipher Suites";
            CIPHERSUITE: U16 walk, concat!($prefix, ".handshake.ciphersuite"),
                "Cipher Suite", hex, names($crate::proto::tls_names::CIPHER_SUITES);
            COMP_METHODS_LENGTH: U8 walk, concat!($prefix, ".handshake.comp_methods_length"),
                "Compression Methods Length";
            COMP_METHODS: None walk, concat!($prefix, ".handshake.comp_methods"), "Compression Methods";
            COMP_METHOD: U8 walk, concat!($prefix, ".handshake.comp_method"),
                "Compression Method", names($crate::proto::tls_names::COMPRESSION_METHODS);
            ESNI_SUITE: U16 walk, concat!($prefix, ".esni.suite"),
                "Cipher Suite", hex, names($crate::proto::tls_names::CIPHER_SUITES);
            ESNI_RECORD_DIGEST_LENGTH: U16 walk, concat!($prefix, ".esni.record_digest_length"),
                "Record Digest Length";
            ESNI_RECORD_DIGEST: Bytes walk, concat!($prefix, ".esni.record_digest"), "Record Digest";
            ESNI_ENCRYPTED_SNI_LENGTH: U16 walk, concat!($prefix, ".esni.encrypted_sni_length"),
                "Encrypted SNI Length";
            ESNI_ENCRYPTED_SNI: Bytes walk, concat!($prefix, ".esni.encrypted_sni"), "Encrypted SNI";
            ESNI_NONCE: Bytes walk, concat!($prefix, ".esni.nonce"), "Nonce";
            EXTENSIONS_LENGTH: U16 walk, concat!($prefix, ".handshake.extensions_length"), "Extensions Length";
            EXTENSION_TYPE: U16 walk, concat!($prefix, ".handshake.extension.type"),
                "Type", names($crate::proto::tls_names::EXTENSIONS);
            EXTENSION_LEN: U16 walk, concat!($prefix, ".handshake.extension.len"), "Length";
            EXTENSION_DATA: Bytes walk, concat!($prefix, ".handshake.extension.data"), "Data";
            SERVER_NAME_LIST_LEN: U16 walk, concat!($prefix, ".handshake.extensions_server_name_list_len"),
                "Server Name list length";
            SERVER_NAME_TYPE: U8 walk, concat!($prefix, ".handshake.extensions_server_name_type"),
                "Server Name Type";
            SERVER_NAME_LEN: U16 walk, concat!($prefix, ".handshake.extensions_server_name_len"),
                "Server Name length";
            SERVER_NAME: Text walk, concat!($prefix, ".handshake.extensions_server_name"), "Server Name";
            MAX_FRAGMENT_LENGTH: U8 walk, concat!($prefix, ".handshake.max_fragment_length"),
                "Maximum Fragment Length";
            STATUS_REQUEST_LIST_LEN: U16 walk, concat!($prefix, ".handshake.extensions_status_request_list_len"),
                "Certificate Status List Length";
            STATUS_REQUEST_TYPE: U8 walk, concat!($prefix, ".handshake.extensions_status_request_type"),
                "Certificate Status Type";
            STATUS_REQUEST_LEN: U16 walk, concat!($prefix, ".handshake.extensions_status_request_len"),
                "Certificate Status Length";
            STATUS_RESPONDER_IDS_LEN: U16 walk, concat!($prefix, ".handshake.extensions_status_request_responder_ids_len"),
                "Responder ID list Length";
            STATUS_EXTS_LEN: U16 walk, concat!($prefix, ".handshake.extensions_status_request_exts_len"),
                "Request Extensions Length";
            OCSP_RESPONSE_LIST_LEN: U24 walk, concat!($prefix, ".handshake.ocsp_response_list_len"),
                "OCSP Response List Length";
            OCSP_RESPONSE_LEN: U24 walk, concat!($prefix, ".handshake.ocsp_response_len"), "OCSP Response Length";
            CERT_TYPES_LEN: U8 walk, concat!($prefix, ".handshake.cert_type.types_len"),
                "Certificate Type List Length";
            CERT_TYPES: None walk, concat!($prefix, ".handshake.cert_type.types"), "Certificate Type List";
            CERT_TYPE: U8 walk, concat!($prefix, ".handshake.cert_type.type"), "Certificate Type", hex;
            SUPPORTED_GROUPS_LENGTH: U16 walk, concat!($prefix, ".handshake.extensions_supported_groups_length"),
                "Supported Groups List Length";
            SUPPORTED_GROUPS: None walk, concat!($prefix, ".handshake.extensions_supported_groups"),
                "Supported Groups List";
            SUPPORTED_GROUP: U16 walk, concat!($prefix, ".handshake.extensions_supported_group"),
                "Supported Group", hex, names($crate::proto::tls_names::GROUPS);
            EC_POINT_FORMATS_LENGTH: U8 walk, concat!($prefix, ".handshake.extensions_ec_point_formats_length"),
                "EC point formats Length";
            EC_POINT_FORMATS: None walk, concat!($prefix, ".handshake.extensions_ec_point_formats"),
                "EC point formats";
            EC_POINT_FORMAT: U8 walk, concat!($prefix, ".handshake.extensions_ec_point_format"), "EC point format";
            SIG_HASH_ALG_LEN: U16 walk, concat!($prefix, ".handshake.sig_hash_alg_len"),
                "Signature Hash Algorithms Length";
            SIG_HASH_ALGS: None walk, concat!($prefix, ".handshake.sig_hash_algs"), "Signature Algorithms";
            SIG_HASH_ALG: U16 walk, concat!($prefix, ".handshake.sig_hash_alg"),
                "Signature Algorithm", hex, names($crate::proto::tls_names::SIGNATURE_SCHEMES);
            SIG_HASH_HASH: U8 walk, concat!($prefix, ".handshake.sig_hash_hash"),
                "Signature Hash Algorithm Hash", names($crate::proto::tls_names::HASHES);
            SIG_HASH_SIG: U8 walk, concat!($prefix, ".handshake.sig_hash_sig"),
                "Signature Hash Algorithm Signature", names($crate::proto::tls_names::SIGNATURES);
            HEARTBEAT_MODE: U8 walk, concat!($prefix, ".handshake.extension.heartbeat.mode"), "Mode";
            ALPN_LEN: U16 walk, concat!($prefix, ".handshake.extensions_alpn_len"), "ALPN Extension Length";
            ALPN_LIST: None walk, concat!($prefix, ".handshake.extensions_alpn_list"), "ALPN Protocol";
            ALPN_STR_LEN: U8 walk, concat!($prefix, ".handshake.extensions_alpn_str_len"), "ALPN string length";
            ALPN_STR: Text walk, concat!($prefix, ".handshake.extensions_alpn_str"), "ALPN Next Protocol";
            NPN_STR_LEN: U8 walk, concat!($prefix, ".handshake.extensions_npn_str_len"), "Protocol string length";
            NPN: Text walk, concat!($prefix, ".handshake.extensions_npn"), "Next Protocol";
            ALPS_LEN: U16 walk, concat!($prefix, ".handshake.extensions_alps_len"), "ALPS Extension Length";
            ALPS_ALPN_LIST: None walk, concat!($prefix, ".handshake.extensions_alps_alpn_list"),
                "Supported ALPN List";
            ALPS_ALPN_STR_LEN: U8 walk, concat!($prefix, ".handshake.extensions_alps_alpn_str_len"),
                "Supported ALPN Length";
            ALPS_ALPN_STR: Text walk, concat!($prefix, ".handshake.extensions_alps_alpn_str"), "Supported ALPN";
            ALPS_SETTINGS: Bytes walk, concat!($prefix, ".handshake.extensions_alps.settings"),
                "ALPN Opaque Settings";
            PADDING_DATA: Bytes walk, concat!($prefix, ".handshake.extensions_padding_data"), "Padding Data";
            RENEG_INFO_LEN: U8 walk, concat!($prefix, ".handshake.extensions_reneg_info_len"),
                "Renegotiation info extension length";
            RENEG_INFO: Bytes walk, concat!($prefix, ".handshake.extensions_reneg_info"), "Renegotiation info";
            SUPPORTED_VERSIONS_LEN: U8 walk, concat!($prefix, ".handshake.extensions.supported_versions_len"),
                "Supported Versions length";
            SUPPORTED_VERSION: U16 walk, concat!($prefix, ".handshake.extensions.supported_version"),
                "Supported Version", hex, names($crate::proto::tls_names::VERSIONS);
            KEY_SHARE_CLIENT_LENGTH: U16 walk, concat!($prefix, ".handshake.extensions_key_share_client_length"),
                "Client Key Share Length";
            KEY_SHARE_GROUP: U16 walk, concat!($prefix, ".handshake.extensions_key_share_group"),
                "Group", names($crate::proto::tls_names::GROUPS);
            KEY_SHARE_LENGTH: U16 walk, concat!($prefix, ".handshake.extensions_key_share_key_exchange_length"),
                "Key Exchange Length";
            KEY_SHARE: Bytes walk, concat!($prefix, ".handshake.extensions_key_share_key_exchange"),
                "Key Exchange";
            KEY_SHARE_SELECTED: U16 walk, concat!($prefix, ".handshake.extensions_key_share_selected_group"),
                "Selected Group", names($crate::proto::tls_names::GROUPS);
            PSK_IDENTITIES_LENGTH: U16 walk, concat!($prefix, ".handshake.extensions.psk.identities.length"),
                "Identities Length";
            PSK_IDENTITY_LENGTH: U16 walk, concat!($prefix, ".handshake.extensions.psk.identity.identity_length"),
                "Identity Length";
            PSK_IDENTITY: Bytes walk, concat!($prefix, ".handshake.extensions.psk.identity.identity"), "Identity";
            PSK_TICKET_AGE: U32 walk, concat!($prefix, ".handshake.extensions.psk.identity.obfuscated_ticket_age"),
                "Obfuscated Ticket Age";
            PSK_BINDERS_LEN: U16 walk, concat!($prefix, ".handshake.extensions.psk.binders_len"),
                "PSK Binders length";
            PSK_BINDERS: None walk, concat!($prefix, ".handshake.extensions.psk.binders"), "PSK Binders";
            PSK_SELECTED: U16 walk, concat!($prefix, ".handshake.extensions.psk.identity.selected"),
                "Selected Identity";
            PSK_KE_MODES_LENGTH: U8 walk, concat!($prefix, ".extension.psk_ke_modes_length"),
                "PSK Key Exchange Modes Length";
            PSK_KE_MODE: U8 walk, concat!($prefix, ".extension.psk_ke_mode"),
                "PSK Key Exchange Mode", names($crate::proto::tls_names::PSK_KE_MODES);
            COOKIE_LEN: U16 walk, concat!($prefix, ".handshake.extensions.cookie_len"), "Cookie length";
            COOKIE: Bytes walk, concat!($prefix, ".handshake.extensions.cookie"), "Cookie";
            MAX_EARLY_DATA_SIZE: U32 walk, concat!($prefix, ".early_data.max_early_data_size"),
                "Maximum Early Data Size";
            SCTS_LENGTH: U16 walk, concat!($prefix, ".sct.scts_length"), "Serialized SCT List Length";
            SCT_LENGTH: U16 walk, concat!($prefix, ".sct.sct_length"), "Serialized SCT Length";
            SCT_VERSION: U8 walk, concat!($prefix, ".sct.sct_version"), "SCT Version";
            SCT_LOGID: Bytes walk, concat!($prefix, ".sct.sct_logid"), "Log ID";
            SCT_TIMESTAMP: Time walk, concat!($prefix, ".sct.sct_timestamp"), "Timestamp";
            SCT_EXTENSIONS_LENGTH: U16 walk, concat!($prefix, ".sct.sct_extensions_length"), "Extensions length";
            SCT_EXTENSIONS: None walk, concat!($prefix, ".sct.sct_extensions"), "Extensions";
            SCT_SIGNATURE_LENGTH: U16 walk, concat!($prefix, ".sct.sct_signature_length"), "Signature Length";
            SCT_SIGNATURE: Bytes walk, concat!($prefix, ".sct.sct_signature"), "Signature";
            COMPRESS_ALGORITHMS_LENGTH: U8 walk, concat!($prefix, ".compress_certificate.algorithms_length"),
                "Algorithms Length";
            COMPRESS_ALGORITHM: U16 walk, concat!($prefix, ".compress_certificate.algorithm"),
                "Algorithm", names($crate::proto::tls_names::CERTIFICATE_COMPRESSIONS);
            UNCOMPRESSED_LENGTH: U24 walk, concat!($prefix, ".compress_certificate.uncompressed_length"),
                "Uncompressed Length";
            COMPRESSED_LENGTH: U24 walk, concat!($prefix, ".compress_certificate.compressed_certificate_message.length"),
                "Length";
            COMPRESSED_MESSAGE: Bytes walk, concat!($prefix, ".compress_certificate.compressed_certificate_message"),
                "Compressed Certificate Message";
            RECORD_SIZE_LIMIT: U16 walk, concat!($prefix, ".record_size_limit"), "Record Size Limit";
            CONNECTION_ID_LENGTH: U8 walk, concat!($prefix, ".connection_id_length"), "Connection ID length";
            CONNECTION_ID: Bytes walk, concat!($prefix, ".connection_id"), "Connection ID";
            QUIC_PARAMETER_TYPE: U64 walk, concat!($prefix, ".quic.parameter.type"), "Type";
            QUIC_PARAMETER_LENGTH: U64 walk, concat!($prefix, ".quic.parameter.length"), "Length";
            QUIC_PARAMETER_VALUE: Bytes walk, concat!($prefix, ".quic.parameter.value"), "Value";
            QUIC_ORIGINAL_DCID: Bytes walk, concat!($prefix, ".quic.parameter.original_destination_connection_id"),
                "original_destination_connection_id";
            QUIC_MAX_IDLE_TIMEOUT: U64 walk, concat!($prefix, ".quic.parameter.max_idle_timeout"),
                "max_idle_timeout";
            QUIC_STATELESS_RESET_TOKEN: Bytes walk, concat!($prefix, ".quic.parameter.stateless_reset_token"),
                "stateless_reset_token";
            QUIC_MAX_UDP_PAYLOAD_SIZE: U64 walk, concat!($prefix, ".quic.parameter.max_udp_payload_size"),
                "max_udp_payload_size";
            QUIC_INITIAL_MAX_DATA: U64 walk, concat!($prefix, ".quic.parameter.initial_max_data"),
                "initial_max_data";
            QUIC_STREAM_DATA_BIDI_LOCAL: U64 walk, concat!($prefix, ".quic.parameter.initial_max_stream_data_bidi_local"),
                "initial_max_stream_data_bidi_local";
            QUIC_STREAM_DATA_BIDI_REMOTE: U64 walk, concat!($prefix, ".quic.parameter.initial_max_stream_data_bidi_remote"),
                "initial_max_stream_data_bidi_remote";
            QUIC_STREAM_DATA_UNI: U64 walk, concat!($prefix, ".quic.parameter.initial_max_stream_data_uni"),
                "initial_max_stream_data_uni";
            QUIC_MAX_STREAMS_BIDI: U64 walk, concat!($prefix, ".quic.parameter.initial_max_streams_bidi"),
                "initial_max_streams_bidi";
            QUIC_MAX_STREAMS_UNI: U64 walk, concat!($prefix, ".quic.parameter.initial_max_streams_uni"),
                "initial_max_streams_uni";
            QUIC_ACK_DELAY_EXPONENT: U64 walk, concat!($prefix, ".quic.parameter.ack_delay_exponent"),
                "ack_delay_exponent";
            QUIC_MAX_ACK_DELAY: U64 walk, concat!($prefix, ".quic.parameter.max_ack_delay"), "max_ack_delay";
            QUIC_ACTIVE_CONNECTION_ID_LIMIT: U64 walk, concat!($prefix, ".quic.parameter.active_connection_id_limit"),
                "Active Connection ID Limit";
            QUIC_INITIAL_SCID: Bytes walk, concat!($prefix, ".quic.parameter.initial_source_connection_id"),
                "Initial Source Connection ID";
            QUIC_RETRY_SCID: Bytes walk, concat!($prefix, ".quic.parameter.retry_source_connection_id"),
                "Retry Source Connection ID";
            QUIC_MAX_DATAGRAM_FRAME_SIZE: U64 walk, concat!($prefix, ".quic.parameter.max_datagram_frame_size"),
                "max_datagram_frame_size";
            QUIC_CHOSEN_VERSION: U32 walk, concat!($prefix, ".quic.parameter.vi.chosen_version"),
                "Chosen Version", hex;
            QUIC_OTHER_VERSION: U32 walk, concat!($prefix, ".quic.parameter.vi.other_version"),
                "Other Version", hex;
            CERTIFICATES_LENGTH: U24 walk, concat!($prefix, ".handshake.certificates_length"),
                "Certificates Length";
            CERTIFICATES: None walk, concat!($prefix, ".handshake.certificates"), "Certificates";
            CERTIFICATE_LENGTH: U24 walk, concat!($prefix, ".handshake.certificate_length"), "Certificate Length";
            CERTIFICATE: Bytes walk, concat!($prefix, ".handshake.certificate"), "Certificate";
            REQUEST_CONTEXT_LENGTH: U8 walk, concat!($prefix, ".handshake.certificate_request_context_length"),
                "Certificate Request Context Length";
            REQUEST_CONTEXT: Bytes walk, concat!($prefix, ".handshake.certificate_request_context"),
                "Certificate Request Context";
            CERT_TYPES_COUNT: U8 walk, concat!($prefix, ".handshake.cert_types_count"), "Certificate types count";
            REQUEST_CERT_TYPES: None walk, concat!($prefix, ".handshake.cert_types"), "Certificate types";
            REQUEST_CERT_TYPE: U8 walk, concat!($prefix, ".handshake.cert_type"),
                "Certificate Type", names($crate::proto::tls_names::CLIENT_CERTIFICATE_TYPES);
            DNAMES_LEN: U16 walk, concat!($prefix, ".handshake.dnames_len"), "Distinguished Names Length";
            DNAMES: None walk, concat!($prefix, ".handshake.dnames"), "Distinguished Names";
            DNAME_LEN: U16 walk, concat!($prefix, ".handshake.dname_len"), "Distinguished Name Length";
            DNAME: None walk, concat!($prefix, ".handshake.dname"), "Distinguished Name";
            TICKET_LIFETIME: U32 walk, concat!($prefix, ".handshake.session_ticket_lifetime_hint"),
                "Session Ticket Lifetime Hint";
            TICKET_AGE_ADD: U32 walk, concat!($prefix, ".handshake.session_ticket_age_add"),
                "Session Ticket Age Add";
            TICKET_NONCE_LENGTH: U8 walk, concat!($prefix, ".handshake.session_ticket_nonce_length"),
                "Session Ticket Nonce Length";
            TICKET_NONCE: Bytes walk, concat!($prefix, ".handshake.session_ticket_nonce"), "Session Ticket Nonce";
            TICKET_LENGTH: U16 walk, concat!($prefix, ".handshake.session_ticket_length"), "Session Ticket Length";
            TICKET: Bytes walk, concat!($prefix, ".handshake.session_ticket"), "Session Ticket";
            CURVE_TYPE: U8 walk, concat!($prefix, ".handshake.server_curve_type"), "Curve Type", hex;
            NAMED_CURVE: U16 walk, concat!($prefix, ".handshake.server_named_curve"),
                "Named Curve", hex, names($crate::proto::tls_names::GROUPS);
            SERVER_POINT_LEN: U8 walk, concat!($prefix, ".handshake.server_point_len"), "Pubkey Length";
            SERVER_POINT: Bytes walk, concat!($prefix, ".handshake.server_point"), "Pubkey";
            DH_P_LEN: U16 walk, concat!($prefix, ".handshake.p_len"), "p Length";
            DH_P: Bytes walk, concat!($prefix, ".handshake.p"), "p";
            DH_G_LEN: U16 walk, concat!($prefix, ".handshake.g_len"), "g Length";
            DH_G: Bytes walk, concat!($prefix, ".handshake.g"), "g";
            DH_YS_LEN: U16 walk, concat!($prefix, ".handshake.ys_len"), "Pubkey Length";
            DH_YS: Bytes walk, concat!($prefix, ".handshake.ys"), "Pubkey";
            SIG_LEN: U16 walk, concat!($prefix, ".handshake.sig_len"), "Signature Length";
            SIG: Bytes walk, concat!($prefix, ".handshake.sig"), "Signature";
            CLIENT_POINT_LEN: U8 walk, concat!($prefix, ".handshake.client_point_len"), "Pubkey Length";
            CLIENT_POINT: Bytes walk, concat!($prefix, ".handshake.client_point"), "Pubkey";
            DH_YC_LEN: U16 walk, concat!($prefix, ".handshake.yc_len"), "Pubkey Length";
            DH_YC: Bytes walk, concat!($prefix, ".handshake.yc"), "Pubkey";
            EPMS_LEN: U16 walk, concat!($prefix, ".handshake.epms_len"), "Encrypted PreMaster length";
            EPMS: Bytes walk, concat!($prefix, ".handshake.epms"), "Encrypted PreMaster";
            HINT_LEN: U16 walk, concat!($prefix, ".handshake.hint_len"), "Hint Length";
            HINT: Bytes walk, concat!($prefix, ".handshake.hint"), "Hint";
            IDENTITY_LEN: U16 walk, concat!($prefix, ".handshake.identity_len"), "Identity Length";
            IDENTITY: Bytes walk, concat!($prefix, ".handshake.identity"), "Identity";
            VERIFY_SIG_LEN: U16 walk, concat!($prefix, ".handshake.client_cert_vrfy.sig_len"), "Signature length";
            VERIFY_SIG: Bytes walk, concat!($prefix, ".handshake.client_cert_vrfy.sig"), "Signature";
            KEY_UPDATE_REQUEST: U8 walk, concat!($prefix, ".handshake.key_update.request_update"),
                "Key Update Request", names($crate::proto::tls_names::KEY_UPDATE_REQUESTS);
            VERIFY_DATA: None walk, concat!($prefix, ".handshake.verify_data"), "Verify Data";
            JA3_FULL: Text walk, concat!($prefix, ".handshake.ja3_full"), "JA3 Fullstring";
            JA3: Text walk, concat!($prefix, ".handshake.ja3"), "JA3";
            JA3S_FULL: Text walk, concat!($prefix, ".handshake.ja3s_full"), "JA3S Fullstring";
            JA3S: Text walk, concat!($prefix, ".handshake.ja3s"), "JA3S";
            JA4: Text walk, concat!($prefix, ".handshake.ja4"), "JA4";
            JA4_R: Text walk, concat!($prefix, ".handshake.ja4_r"), "JA4_r";
            $($own)*
        }
    };
}
pub(in crate::proto) use handshake_fields;
