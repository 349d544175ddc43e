"""Settings as text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcanet.errors import UserError
from dcanet.profile_documents import Setting
from dcanet.profiling.setting import as_argument, from_argument, in_words

SETTINGS = st.builds(Setting, batch_size=st.integers(1, 10**6))


@given(SETTINGS)
def test_an_argument_says_every_field(setting):
    text = as_argument(setting)
    assert from_argument(text) == setting
    assert all(f"{field}=" in text for field in Setting.model_fields)


def test_what_is_not_named_is_as_by_default():
    assert from_argument("batch_size=4") == Setting(batch_size=4)
    assert from_argument("") == Setting()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch_size=0", "batch_size: Input should be greater than or equal to 1"),
        ("batchsize=1", "unknown key 'batchsize'; did you mean 'batch_size'?"),
        ("precision=fp8", "precision: Input should be 'float32' or 'bfloat16'"),
        ("work", "expected KEY=VALUE,KEY=VALUE"),
        ("batch_size=1,batch_size=2", "every key once"),
        ("batch_size=many", "batch_size: Input should be a valid integer"),
        ("channels_last=maybe", "channels_last: Input should be a valid boolean"),
    ],
)
def test_mistakes_are_one_line(text, message):
    with pytest.raises(UserError) as caught:
        from_argument(text)
    assert message in str(caught.value)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_in_words():
    setting = Setting(work="training_step", batch_size=32, channels_last=False, compiled=True)
    assert in_words(setting) == "training step, batch 32, float32, contiguous, compiled"
    assert in_words(Setting(batch_size=1)) == "inference, batch 1, float32, channels_last"
