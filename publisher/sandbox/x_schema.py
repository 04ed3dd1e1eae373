"""The bodies X accepts: CreatePostsRequest and the media requests of its OpenAPI document 2.167."""

from __future__ import annotations

from publisher.sandbox.schema import Check, flag, many, number, record, text, whole

_ID = text(r"[0-9]{1,19}")
_REPLIES = text(among=("following", "mentionedUsers", "subscribers", "verified"))
_ACTIONS = record(
    {
        "app_install": record({"app_store_id": text(), "ipad_app_store_id": text(), "play_store_id": text()}),
        "visit_site": record({"url": text()}, required=("url",)),
        "watch_now": record({"url": text()}, required=("url",)),
    }
)

POST = record(
    {
        "card_uri": text(),
        "community_id": _ID,
        "direct_message_deep_link": text(),
        "edit_options": record({"previous_post_id": _ID}, required=("previous_post_id",)),
        "for_super_followers_only": flag,
        "geo": record({"place_id": text()}, required=("place_id",)),
        "made_with_ai": flag,
        "media": record(
            {
                "call_to_actions": _ACTIONS,
                "description": text(),
                "embeddable": flag,
                "media_ids": many(_ID, 1, 4),
                "preview_media_id": _ID,
                "tagged_user_ids": many(_ID, 0, 10),
                "title": text(),
            },
            required=("media_ids",),
        ),
        "nullcast": flag,
        "paid_partnership": flag,
        "poll": record(
            {
                "duration_minutes": whole(5, 10080),
                "options": many(text(least=1, most=25), 2, 4),
                "reply_settings": _REPLIES,
            },
            required=("options", "duration_minutes"),
        ),
        "quote_tweet_id": _ID,
        "reply": record(
            {
                "auto_populate_reply_metadata": flag,
                "exclude_reply_user_ids": many(text()),
                "in_reply_to_tweet_id": _ID,
            },
            required=("in_reply_to_tweet_id",),
        ),
        "reply_settings": _REPLIES,
        "share_with_followers": flag,
        "text": text(),
    }
)

CATEGORIES = ("tweet_image", "tweet_video", "tweet_gif", "dm_image", "dm_video", "dm_gif", "subtitles")

UPLOAD = record(
    {"media": text(), "media_category": text(among=CATEGORIES), "additional_owners": text()},
    required=("media", "media_category"),
)

INITIALIZE = record(
    {
        "additional_owners": many(_ID),
        "media_category": text(among=("amplify_video", *CATEGORIES)),
        "media_type": text(
            among=(
                *("video/mp4", "video/webm", "video/mp2t", "video/quicktime", "text/srt", "text/vtt"),
                *("image/jpeg", "image/gif", "image/bmp", "image/png", "image/webp", "image/pjpeg"),
                *("image/tiff", "model/gltf-binary", "model/vnd.usdz+zip"),
            )
        ),
        "shared": flag,
        "total_bytes": whole(0, 17_179_869_184),
    }
)

APPEND = record({"media": text(), "segment_index": whole(0, 999)}, required=("media", "segment_index"))


def _open(required: str = "", **fields: Check) -> Check:
    """An object that may hold more than is known of it."""
    return record(fields, required=required.split(), closed=False)


METADATA = _open(
    "id",
    id=_ID,
    metadata=_open(
        allow_download_status=_open(allow_download=flag),
        alt_text=_open("text", text=text(most=1000)),
        audience_policy=_open(),
        content_expiration=_open("timestamp_sec", timestamp_sec=number),
        domain_restrictions=_open("whitelist", whitelist=many(text())),
        found_media_origin=_open("id provider", id=text(), provider=text()),
        geo_restrictions=_open(),
        management_info=_open("managed", managed=flag),
        preview_image=_open("media_key", media_key=_open()),
        sensitive_media_warning=_open(),
        shared_info=_open("shared", shared=flag),
        sticker_info=_open("stickers", stickers=many(_open())),
        upload_source=_open("upload_source", upload_source=text()),
    ),
)

_FIELDS = """
    article article_title attachments author_id card_uri community_id context_annotations conversation_id
    created_at     display_text_range edit_controls edit_history_post_ids edit_history_tweet_ids entities geo id
    in_reply_to_user_id lang matched_media_notes media_metadata non_public_metrics note_post
    note_request_suggestions note_tweet organic_metrics paid_partnership possibly_sensitive promoted_metrics
    public_metrics referenced_posts referenced_tweets reply_settings scopes source suggested_source_links
    suggested_source_links_with_counts text withheld"""
POST_FIELDS = frozenset(_FIELDS.split())
"""Names `tweet.fields` and `post.fields` may ask for: the present ones and those before the renaming."""
